-- What was damaged or could not be read, and of which kind is how much?
SELECT kind, count(*) AS "count:count", min(message) AS "for instance" FROM anomaly GROUP BY kind ORDER BY count(*) DESC, kind
