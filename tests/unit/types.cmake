exu_unit_test(rows model layout memory base)
exu_unit_test(walks model layout memory base)
exu_unit_test(claims model layout memory base)
