#include "notifier/auditor/audit.h"

#include "tests/support/catch.h"

using namespace notifier;

namespace {

std::string taken(const char* notification, const char* user, const char* channel) {
  return std::string(R"({"broadcast":null,"notification":")") + notification + R"(","user":")" + user +
         R"(","channel":")" + channel + R"(","attempt":1,"key":"k","at":"t"})";
}

}  // namespace

TEST_CASE("the auditor counts one, none, and too many, and what nobody asked for") {
  Audit audit;
  audit.accepted(R"({"notification":"1","user":"ada","channels":["push","email"]})");
  audit.accepted(R"({"broadcast":"2","channels":["push"],"users":["ada","bob","cyd"]})");
  audit.witnessed(taken("1", "ada", "push"));
  audit.witnessed(taken("2", "ada", "push"));
  audit.witnessed(taken("2", "bob", "push"));
  audit.witnessed(taken("2", "bob", "push"));
  audit.witnessed(taken("2", "bob", "push"));
  audit.witnessed(taken("3", "bob", "push"));
  audit.witnessed(R"({"broadcast":null,"notification":"2","user":"cyd","chan)");  // cut short
  CHECK(audit.counts(Channel::push) == AuditCounts{2, 1, 1, 2, 1});
  CHECK(audit.counts(Channel::email) == AuditCounts{0, 1, 0, 0, 0});
  CHECK(audit.report() ==
        "email: 0 exactly one, 1 none, 0 two or more (0 too many), 0 that nobody asked for\n"
        "push: 2 exactly one, 1 none, 1 two or more (2 too many), 1 that nobody asked for\n");
}

TEST_CASE("users that were numbered need not be listed") {
  Audit audit;
  audit.accepted(R"({"broadcast":"9","channels":["push"],"prefix":"u","first":1,"count":3,"digits":4})");
  audit.witnessed(taken("9", "u0001", "push"));
  audit.witnessed(taken("9", "u0003", "push"));
  CHECK(audit.counts(Channel::push) == AuditCounts{2, 1, 0, 0, 0});
}

TEST_CASE("an item of a digest is taken once for each digest that holds it") {
  Audit audit;
  audit.accepted(R"({"notification":"1","user":"ada","channels":["email"]})");
  audit.accepted(R"({"notification":"2","user":"ada","channels":["email"]})");
  audit.witnessed(R"({"notification":"99","user":"ada","channel":"email","items":["1","2"]})");
  CHECK(audit.counts(Channel::email) == AuditCounts{2, 0, 0, 0, 0});
  audit.witnessed(R"({"notification":"98","user":"ada","channel":"email","items":["2"]})");
  CHECK(audit.counts(Channel::email) == AuditCounts{1, 0, 1, 1, 0});
}

TEST_CASE("before any witness nothing was taken") {
  Audit audit;
  audit.accepted(R"({"notification":"1","user":"ada","channels":["email"]})");
  CHECK(audit.counts(Channel::email) == AuditCounts{0, 1, 0, 0, 0});
}
