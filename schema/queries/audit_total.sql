-- Do the counts of references agree with the references that were found?
-- scans: object
SELECT (SELECT count(*) FROM object) AS "objects:count",
       count(*) FILTER (WHERE surplus > 0) AS "counted higher:count",
       count(*) FILTER (WHERE surplus > guesses + words) AS "of these unexplained:count",
       count(*) FILTER (WHERE surplus < 0) AS "counted lower:count"
FROM refcount_audit
