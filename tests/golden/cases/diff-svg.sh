# What grew, as bars: of two dumps and of three (here one of them twice), what they say, and that all lies within the picture.
"$EXUVIA" diff "$(db plain)" "$(db incident)" -n 2 --format svg >two.svg
"$EXUVIA" diff "$(db plain)" "$(db incident)" "$(db incident)" -n 1 --format svg >three.svg
"$EXUVIA" diff "$(db plain)" "$(db incident)" -n 0 --format svg >all.svg
python3 - <<'PY'
import xml.dom.minidom
for name in ('two', 'three', 'all'):
    root = xml.dom.minidom.parse(name + '.svg').documentElement
    right, below = [float(word) for word in root.getAttribute('viewBox').split()[2:]]
    rects, texts = root.getElementsByTagName('rect')[1:], root.getElementsByTagName('text')
    print('%s: %dx%d, %s, %d bars' % (name, right, below, root.getElementsByTagName('title')[0].firstChild.data, len(rects)))
    if name != 'all':
        print('\n'.join('%5.1f %s' % (float(text.getAttribute('x')), text.firstChild.data) for text in texts))
    for rect in rects:
        x, y, width, height = (float(rect.getAttribute(name)) for name in ('x', 'y', 'width', 'height'))
        if x + width > right or y + height > below:
            print('outside:', rect.toxml())
    for text in texts:
        if float(text.getAttribute('y')) > below:
            print('outside:', text.toxml())
PY
rm two.svg three.svg all.svg
"$EXUVIA" diff "$(db plain)" "$(db plain)" --format svg
