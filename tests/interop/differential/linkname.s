// Its presence lets the compiler accept functions without a body, which are linked by name.
