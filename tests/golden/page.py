#!/usr/bin/env python3
"""Reports as pages, in a browser: at no width is anything wider than the window, every link leads somewhere, nothing is asked
for beside the file, every picture has a text, and no text leaves its picture. Debian's chromium, without a window.

    page.py --exuvia build/exuvia [--cache DIR]
"""
import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import cookbook
import golden

WIDTHS = (320, 480, 768, 1280, 1920)
LOOK = '''<!DOCTYPE html><meta charset="utf-8"><body><script>
const pages = %s, widths = %s, found = [];
function look(frame, page, width) {
    const seen = frame.contentDocument, root = seen.documentElement, targets = [...seen.querySelectorAll('a[href^="#"]')];
    found.push({page, width, wide: root.scrollWidth, height: root.scrollHeight, links: targets.length,
        lost: targets.filter(a => !seen.getElementById(a.getAttribute('href').slice(1))).map(a => a.getAttribute('href')),
        requests: frame.contentWindow.performance.getEntriesByType('resource').map(entry => entry.name).concat(
            [...seen.querySelectorAll('[src], [srcset], [background], link, object, embed, image, use')].map(e => e.outerHTML.slice(0, 80))),
        untold: [...seen.querySelectorAll('figure')].filter(f => !f.querySelector('svg') || !f.querySelector('figcaption').textContent.trim()).length,
        cut: [...seen.querySelectorAll('svg')].flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
            const box = text.getBBox(), room = svg.viewBox.baseVal.width ? svg.viewBox.baseVal : {width: svg.width.baseVal.value, height: svg.height.baseVal.value};
            return box.x < -1 || box.y < -1 || box.x + box.width > room.width + 8 || box.y + box.height > room.height + 1; // widths are guessed
        }).map(text => text.textContent.slice(0, 40))),
        figures: seen.querySelectorAll('figure').length, scripts: seen.scripts.length});
    frame.remove();
}
(async () => {
    for (const page of pages)
        for (const width of widths)
            await new Promise(done => {
                const frame = document.createElement('iframe');
                frame.style.cssText = `width: ${width}px; height: 800px; border: 0`;
                frame.onload = () => { look(frame, page, width); done(); };
                frame.src = page;
                document.body.append(frame);
            });
    document.body.textContent = JSON.stringify(found);
})();
</script>'''


def look_at(chromium, folder, pages):
    path = os.path.join(folder, 'look.html')
    with open(path, 'w') as file:
        file.write(LOOK % (json.dumps(pages), json.dumps(WIDTHS)))
    said = subprocess.run([chromium, '--headless', '--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--virtual-time-budget=60000',
                           '--user-data-dir=' + os.path.join(folder, 'profile'), '--dump-dom', 'file://' + path],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=250).stdout.decode()
    return json.loads(html.unescape(re.search(r'<body>(\[.*\])</body>', said, re.S).group(1)))


def complaints(seen):
    where = '%s at %d' % (seen['page'], seen['width'])
    if seen['wide'] > seen['width']:
        yield '%s: %d pixels wide' % (where, seen['wide'])
    if seen['lost'] or not seen['links']:
        yield '%s: links to nothing: %s' % (where, seen['lost'])
    if seen['requests'] or seen['scripts']:
        yield '%s: asks for %s, has %d scripts' % (where, seen['requests'], seen['scripts'])
    if seen['untold']:
        yield '%s: %d pictures without a text' % (where, seen['untold'])
    if seen['cut']:
        yield '%s: texts that leave their picture: %s' % (where, seen['cut'][:4])
    if seen['height'] < 1000:
        yield '%s: is empty' % where


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--exuvia', required=True)
    parser.add_argument('--cache')
    options = parser.parse_args()
    chromium = shutil.which('chromium')
    if not os.path.exists(options.exuvia) or not chromium:
        print('SKIP no %s' % ('exuvia at ' + options.exuvia if chromium else 'chromium'))
        return 77
    exuvia = os.path.abspath(options.exuvia)
    with tempfile.TemporaryDirectory(prefix='exuvia-page-') as folder:
        cache = golden.cache_of(options.cache, exuvia) if options.cache else folder
        os.makedirs(cache, exist_ok=True)
        dbs = {name: cookbook.database_at(name, exuvia, cache) for name in ('worker', 'incident', 'plain')}
        pages = {'worker.html': [dbs['worker']], 'content.html': [dbs['worker'], '--include-content', '--title', 'w' * 200],
                 'diff.html': [dbs['plain'], dbs['incident']]}
        for page, words in pages.items():
            subprocess.run([exuvia, 'report', *words, '-o', os.path.join(folder, page)], check=True)
        seen = look_at(chromium, folder, list(pages))
    wrong = [line for one in seen for line in complaints(one)]
    if len(seen) != len(pages) * len(WIDTHS):
        wrong.append('%d looks instead of %d' % (len(seen), len(pages) * len(WIDTHS)))
    if not any(one['figures'] for one in seen):
        wrong.append('no page has a picture')
    print('\n'.join(wrong) or '%d pages at %d widths' % (len(pages), len(WIDTHS)))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
