# cmake -DINPUT=file -DOUTPUT_DIR=dir -DSYMBOL=name -P Embed.cmake: a file as a C++ byte array.

file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
string(REGEX REPLACE "(([^,]*,){24})" "\\1\n    " bytes "${bytes}")
file(WRITE ${OUTPUT_DIR}/${SYMBOL}.h
"#pragma once\n#include <string_view>\nnamespace embedded {\nextern const std::string_view ${SYMBOL};\n}\n")
file(WRITE ${OUTPUT_DIR}/${SYMBOL}.cpp
"#include \"embedded/${SYMBOL}.h\"\nnamespace embedded {\nstatic const char bytes[] = {\n    ${bytes}'\\0'};\n\
const std::string_view ${SYMBOL}{bytes, sizeof(bytes) - 1};\n}\n")
