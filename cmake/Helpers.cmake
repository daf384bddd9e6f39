# loadbearing_library(NAME [LINK targets…])
#   A static library of every .cpp below the current folder except main.cpp. A new file is found by itself.
function(loadbearing_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# loadbearing_embed(TARGET FILE SYMBOL)
#   Compiles FILE into TARGET as `extern const std::string_view SYMBOL` (namespace embedded),
#   declared in "embedded/SYMBOL.h". A changed file is compiled again.
function(loadbearing_embed target file symbol)
  set(dir ${CMAKE_BINARY_DIR}/generated/embedded)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  add_custom_command(
    OUTPUT ${dir}/${symbol}.cpp ${dir}/${symbol}.h
    COMMAND ${CMAKE_COMMAND} -DINPUT=${source} -DOUTPUT_DIR=${dir} -DSYMBOL=${symbol}
            -P ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${source} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    COMMENT "Embedding ${file}")
  target_sources(${target} PRIVATE ${dir}/${symbol}.cpp ${dir}/${symbol}.h)
endfunction()
