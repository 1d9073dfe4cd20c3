# Compares what README.md shows as its program with what is compiled.
file(READ ${PROJECT_DIR}/tools/samples/readme_program.cpp program)
file(READ ${PROJECT_DIR}/README.md readme)

string(FIND "${program}" "// README begins\n" begin)
string(FIND "${program}" "// README ends" end)
if(begin EQUAL -1 OR end EQUAL -1)
  message(FATAL_ERROR "readme_program.cpp: a marker of the part for README.md is missing")
endif()
string(LENGTH "// README begins\n" marker)
math(EXPR begin "${begin} + ${marker}")
math(EXPR length "${end} - ${begin}")
string(SUBSTRING "${program}" ${begin} ${length} shown)

string(FIND "${readme}" "```cpp\n${shown}```" found)
if(found EQUAL -1)
  message(FATAL_ERROR "README.md does not show tools/samples/readme_program.cpp as it is")
endif()
