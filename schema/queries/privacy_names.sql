-- What do keys and attributes hold whose name may be one of a secret? The words are parts of those of src/base/secret.c, which is
-- asked of each row again.
-- scans: content, reference_row
WITH name_ AS MATERIALIZED (SELECT object_id AS id, text FROM content WHERE typeof(text) = 'text' AND length BETWEEN 3 AND 60 AND (
       text LIKE '%pass%' OR text LIKE '%pwd%' OR text LIKE '%secret%' OR text LIKE '%token%' OR text LIKE '%auth%' OR text LIKE '%key%'
       OR text LIKE '%cookie%' OR text LIKE '%credential%' OR text LIKE '%sess%' OR text LIKE '%csrf%' OR text LIKE '%card%'
       OR text LIKE '%signature%' OR text LIKE '%pin%' OR text LIKE '%ssn%' OR text LIKE '%jwt%' OR text LIKE '%bearer%' OR text LIKE '%otp%'
       OR text LIKE '%cvv%' OR text LIKE '%cvc%' OR text LIKE '%sid%'))
-- The key of an entry is a reference of kind 2, its value one of kind 3 from the same dict with the key as its name.
SELECT name_.text, c.text FROM name_ CROSS JOIN reference_row k ON k.referent_id = name_.id AND k.kind = 2
       CROSS JOIN reference_row v ON v.referrer_id = k.referrer_id AND v.kind = 3 AND v.name_id = name_.id
       CROSS JOIN content c ON c.object_id = v.referent_id
UNION
-- Attributes in the instance itself have the name as theirs, and no key.
SELECT name_.text, c.text FROM reference_row a CROSS JOIN name_ ON name_.id = a.name_id CROSS JOIN content c ON c.object_id = a.referent_id
WHERE a.kind = 4
