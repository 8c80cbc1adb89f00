-- What do keys and attributes hold whose name may be one of a secret? The words are parts of those of src/base/secret.c, which is
-- asked of each row again.
-- scans: content, reference_row
WITH name_ AS MATERIALIZED (SELECT object_id AS id, text FROM content WHERE typeof(text) = 'text' AND length BETWEEN 2 AND 60 AND (
       text LIKE '%pass%' OR text LIKE '%pw%' OR text LIKE '%secret%' OR text LIKE '%token%' OR text LIKE '%auth%' OR text LIKE '%key%'
       OR text LIKE '%cookie%' OR text LIKE '%credential%' OR text LIKE '%sess%' OR text LIKE '%csrf%' OR text LIKE '%card%'
       OR text LIKE '%signature%' OR text LIKE '%pin%' OR text LIKE '%ssn%' OR text LIKE '%jwt%' OR text LIKE '%bearer%' OR text LIKE '%otp%'
       OR text LIKE '%cvv%' OR text LIKE '%cvc%' OR text LIKE '%sid%'))
-- In one pass over the references: a walk from each key over the entries of its dict would be as long as the dict, for each of them.
SELECT DISTINCT name_.text, c.text FROM reference_row a CROSS JOIN name_ ON name_.id = a.name_id CROSS JOIN content c ON c.object_id = a.referent_id
WHERE a.kind IN (3, 4) -- values of dicts, attributes in the instance itself
