-- Who refers to whom? In the order of the referrers; weak references are sorted out by the reader.
-- scans: reference_row
SELECT referrer_id, ordinal, referent_id, kind, name_id, confidence FROM reference_row ORDER BY referrer_id, ordinal
