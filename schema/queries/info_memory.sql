-- What may the process have, and what has it?
WITH fact AS (SELECT max(CASE key WHEN 'cgroup_memory_max' THEN value END) AS most, max(CASE key WHEN 'cgroup_memory_current' THEN value END) AS used,
                     max(CASE key WHEN 'resident_bytes' THEN value END) AS resident, max(CASE key WHEN 'swapped_bytes' THEN value END) AS swapped
              FROM meta),
word AS (SELECT CASE WHEN typeof(most) = 'integer' THEN 'limit ' || size(most) WHEN most = 'max' THEN 'no limit' END AS most,
                CASE WHEN used IS NOT NULL THEN ', used ' || size(used) END AS used,
                CASE WHEN resident IS NOT NULL THEN ', resident ' || size(resident) END AS resident,
                CASE WHEN swapped > 0 THEN ', in swap ' || size(swapped) END AS swapped FROM fact)
SELECT ltrim(coalesce(most, '') || coalesce(used, '') || coalesce(resident, '') || coalesce(swapped, ''), ', ') AS memory
FROM word WHERE coalesce(most, used, resident) IS NOT NULL
