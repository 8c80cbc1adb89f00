# By which way the memory is reached: as a table, whose bytes add up to those of all objects, and as a picture.
D=$(db incident)
"$EXUVIA" retained "$D" --by path
"$EXUVIA" retained "$D" --by path -n 3 --format csv
"$EXUVIA" retained "$D" --by path -n 0 --format json >paths.json
"$EXUVIA" retained "$D" --by path --format svg >paths.svg
echo "[exit $?]"
"$EXUVIA" sql "$D" "SELECT sum(footprint) AS bytes, count(*) AS objects FROM object" --format json >all.json
python3 - "$D" <<'PY'
import json, sqlite3, sys, xml.dom.minidom
rows, all = json.load(open('paths.json')), json.load(open('all.json'))[0]
print(len(rows), 'rows; the first has all:', rows[0]['bytes'] == all['bytes'] and rows[0]['objects'] == all['objects'])
stack = []  # [row, what is left of it]
for row in rows:
    del stack[row['depth']:]
    if stack:
        stack[-1][1] -= row['bytes']
        if stack[-1][1] < 0:
            print('more than all of it is in', stack[-1][0])
    stack.append([row, row['bytes']])
# What is below an object, by the columns of the database.
below, objects = {}, {}
for id, bytes, parent in sqlite3.connect(sys.argv[1]).execute(
        'SELECT id, coalesce(footprint, 0), parent_id FROM object ORDER BY root_distance DESC'):
    below[id] = below.get(id, 0) + bytes
    if parent:
        below[parent] = below.get(parent, 0) + below[id]
single = [row for row in rows if row['object_id']]
print(len(single) > 3, [row for row in single if below[row['object_id']] != row['bytes']])
document = xml.dom.minidom.parse('paths.svg')
svg = document.documentElement
print([svg.getAttribute(name) for name in ('viewBox', 'role')], svg.getElementsByTagName('title')[0].firstChild.data)
tiles = document.getElementsByTagName('g')
print(len(tiles), 'tiles;', tiles[1].getElementsByTagName('title')[0].firstChild.data)
width, height = (float(part) for part in svg.getAttribute('viewBox').split()[2:])
for tile in tiles:
    rect = tile.getElementsByTagName('rect')[0]
    x, y, w, h = (float(rect.getAttribute(name)) for name in ('x', 'y', 'width', 'height'))
    if x < 0 or y < 0 or x + w > width + .1 or y + h > height + .1:
        print('outside:', rect.toxml())
PY
rm paths.json paths.svg all.json
