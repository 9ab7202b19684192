//! Rule sets (`http-request`, `tcp-request` ...) and their actions, one const each. Nothing here awaits.
