"$EXUVIA" retained "$(db incident)" --format svg >map.svg
echo "[exit $?]"
python3 - <<'PY'
import xml.dom.minidom
document = xml.dom.minidom.parse('map.svg')
print(document.documentElement.getAttribute('viewBox'))
width, height = (float(part) for part in document.documentElement.getAttribute('viewBox').split()[2:])
tiles = document.getElementsByTagName('g')
for tile in tiles[:12]:
    print(tile.getElementsByTagName('title')[0].firstChild.data)
for tile in tiles:
    rect = tile.getElementsByTagName('rect')[0]
    x, y, w, h = (float(rect.getAttribute(name)) for name in ('x', 'y', 'width', 'height'))
    if x < 0 or y < 0 or x + w > width + .1 or y + h > height + .1:
        print('outside:', rect.toxml())
PY
rm map.svg
"$EXUVIA" retained "$(db incident)" --by type --format svg
