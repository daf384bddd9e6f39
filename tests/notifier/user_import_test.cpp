#include "notifier/user_import.h"
#include "common/json.h"
#include "tests/support/catch.h"

using namespace notifier;

TEST_CASE("where an import's stream is cut changes nothing") {
  const std::string text = "{\"id\":\"a\"}\r\n\n{\"id\":\"b\",\"email\":\"b@example.org\"}\nnonsense\n{\"id\":\"c\"}";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    UserImport import;
    import.add(std::string_view(text).substr(0, cut));
    import.add(std::string_view(text).substr(cut));
    import.end();
    const auto users = import.take();
    REQUIRE(users.size() == 3);
    CHECK(users[1].email == "b@example.org");
    CHECK(users[2].id == "c");
    import.stored(3);
    CHECK(import.answer().find("\"refused\":1") != std::string::npos);
    CHECK(import.answer().find("\"line\":4") != std::string::npos);
  }
}

TEST_CASE("a line says what is wrong with it, all of it") {
  UserImport import;
  import.add(R"({"id":"a/b","email":"x","phone":"123","timeZone":"Mars/Olympus","nickname":"z"})");
  import.end();
  const auto answer = import.answer();
  for (const char* field : {"id must", "email is", "phone must", "timeZone is", "nickname is unknown"})
    CHECK(answer.find(field) != std::string::npos);
}

TEST_CASE("a line without end costs no memory without end") {
  UserImport import;
  for (int i = 0; i < 100; ++i)
    import.add(std::string(10'000, 'x'));
  import.add("\n{\"id\":\"a\"}\n");
  CHECK(import.take().size() == 1);
  CHECK(import.answer().find("longer than 65536") != std::string::npos);
}
