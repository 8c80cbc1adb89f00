"$EXUVIA" arenas --map "$(db incident)"
"$EXUVIA" malloc --map "$(db incident)" | head -4
"$EXUVIA" arenas --map --format svg "$(db incident)" >map.svg
python3 -c "import xml.dom.minidom as dom; print(len(dom.parse('map.svg').getElementsByTagName('rect')))"
rm map.svg
"$EXUVIA" arenas --format svg "$(db incident)"
