exu_unit_test(memory memory)
exu_unit_test(addrset memory)
