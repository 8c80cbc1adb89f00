-- Which threads are there?
SELECT id, name, native_id, ident, holds_gil FROM thread ORDER BY id
