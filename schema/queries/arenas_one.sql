-- What is that arena, and what would return if its pins went?
SELECT a.id AS arena, a.address AS "address:address", a.size AS "mapped:size", a.used_bytes AS "used blocks:size",
       printf('%d %%', 100 * a.used_bytes / a.size) AS full, a.pools AS "pools:count", a.free_pools AS "free pools:count",
       CASE WHEN a.used_bytes < a.size / 4 THEN (SELECT count(*) FROM pin WHERE arena_id = a.id) END AS "owners listed:count",
       CASE WHEN a.used_bytes < a.size / 4 THEN (SELECT coalesce(sum(bytes), 0) FROM pin WHERE arena_id = a.id)
       END AS "their blocks:size",
       CASE WHEN a.used_bytes >= a.size / 4 THEN 'listed only of arenas that are less than a quarter full' END AS owners,
       CASE WHEN a.used_bytes < a.size / 4 THEN a.size END AS "would return if all went:size"
FROM arena a WHERE a.id = :arena
