-- What was damaged or could not be read?
SELECT kind, count(*) AS "count:count", min(message) AS example FROM anomaly GROUP BY kind ORDER BY count(*) DESC, kind
