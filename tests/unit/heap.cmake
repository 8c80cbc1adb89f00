exu_unit_test(pymalloc heap)
exu_unit_test(malloc heap)
exu_unit_test(gc heap)
exu_unit_test(malloc_live heap)
