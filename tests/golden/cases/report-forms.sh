# The other forms, what they are called, the fingerprint alone, and words that are off.
"$EXUVIA" report "$(db incident)" -o r.json --title 'Worker 7 & <co>' --link 'https://tracker.example/7?a=1&b=2'
"$EXUVIA" report "$(db incident)" -o r.html --title 'Worker 7 & <co>' --link 'https://tracker.example/7?a=1&b=2'
stat -c '%n %a' r.json r.html
python3 -c "
import json, re
report = json.load(open('r.json'))
print({key: value for key, value in report.items() if key not in ('sections', 'made_by')})
for section in report['sections']:
    print(section['id'], [part.get('id', part['kind']) for part in section['parts']])
print([part for part in report['sections'][0]['parts'] if part['kind'] == 'chain'])
page = open('r.html').read()
print([title for title in re.findall(r'<svg [^>]*>\s*<title>(.*?)</title>', page)])
page = re.sub(r'(?s)<svg .*?</svg>', '', page)
print(re.findall(r'<title>.*|<h1>.*|<p><a .*|<meta http.*', page))
print(re.findall(r'<a href=\"(#.*?)\"', page))"
"$EXUVIA" report "$(db incident)" --fingerprint
"$EXUVIA" report "$(db incident)" -o r.html; echo "exit $?"
"$EXUVIA" report "$(db incident)" -o r.txt; echo "exit $?"
"$EXUVIA" report "$(db incident)"; echo "exit $?"
"$EXUVIA" report "$(db incident)" -o r.md --link 'javascript:alert(1)'; echo "exit $?"
"$EXUVIA" report "$(db incident)" "$(db plain)" --fingerprint; echo "exit $?"
"$EXUVIA" report "$(db incident)" -o r.html --force; echo "exit $?"
rm r.html r.json
