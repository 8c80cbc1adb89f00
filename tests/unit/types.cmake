exu_unit_test(rows model layout memory base)
