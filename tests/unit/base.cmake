exu_unit_test(base base)
exu_unit_test(store store)
exu_unit_test(model model layout memory base)
exu_unit_test(garbage graph base)
