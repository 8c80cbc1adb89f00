# The graph: what its boxes say, how many are there, and that none lies on another, nor a text beside its box.
"$EXUVIA" chain "$(db incident)" --from traceback --to chunks -n 3 --format svg >chain.svg
echo "[exit $?]"
python3 - <<'PY'
import xml.dom.minidom
document = xml.dom.minidom.parse('chain.svg')
print(document.documentElement.getAttribute('viewBox'), document.documentElement.getElementsByTagName('title')[0].firstChild.data)
boxes = []
for group in document.getElementsByTagName('g'):
    for rect in group.getElementsByTagName('rect'):
        boxes.append([float(rect.getAttribute(name)) for name in ('x', 'y', 'width', 'height')])
    print(' | '.join(text.firstChild.data for text in group.getElementsByTagName('title') + group.getElementsByTagName('text')))
right, below = [float(word) for word in document.documentElement.getAttribute('viewBox').split()[2:]]
for i, (x, y, width, height) in enumerate(boxes):
    if x < 0 or y < 0 or x + width > right or y + height > below:
        print('outside:', boxes[i])
    for a, b, wide, high in boxes[:i]:
        if x < a + wide and a < x + width and y < b + high and b < y + height:
            print('overlap:', boxes[i], a, b)
PY
rm chain.svg
"$EXUVIA" chain "$(db incident)" --to chunks -n 0 --format svg | grep -c 'rx="4"'
"$EXUVIA" chain "$(db incident)" --from traceback --to type:nothing.Such --format svg
