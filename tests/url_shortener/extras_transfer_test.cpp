// Export and import over the whole HTTP interface and a memory store: what goes out comes in again, exactly and once.

#include <sstream>

#include "tests/url_shortener/link_store_over_memory.h"
#include "tests/url_shortener/shortener_under_test.h"
#include "url_shortener/extras/link_record.h"

using namespace testing;

namespace {

constexpr std::string_view csv = "Content-Type: text/csv\r\n";
constexpr std::string_view ndjson = "Content-Type: application/x-ndjson\r\n";

RawResponse import(Shortener& shortener, std::string_view type, std::string_view body) {
  return shortener.request("POST", "/v1/links:import", type, body);
}

std::vector<common::json::value> lines_of(const RawResponse& response) {
  std::vector<common::json::value> lines;
  std::istringstream text(response.body);
  for (std::string line; std::getline(text, line);)
    lines.push_back(common::parse_json(line).value());
  return lines;
}

std::string summary(const RawResponse& response, const std::string& field) {
  return text_at(lines_of(response).back(), "/summary/" + field);
}

std::size_t links(Shortener& shortener) {
  return json_of(shortener.get("/v1/links?limit=100")).at("data").as_array().size();
}

// Links with all that is hard to write down.
void fill(Shortener& shortener) {
  shortener.shorten(R"({"longUrl":"https://example.com/plain"})");
  shortener.pass(1234567us);
  shortener.shorten(R"({"longUrl":"https://example.com/?a=1,2&b='x'","alias":"-dash","ttlSeconds":60,"maxClicks":7})");
  shortener.shorten(R"({"longUrl":"https://example.com/","alias":"tags","tags":["a;b","[c","=1+1","\u00fc, \"q\""]})");
  shortener.shorten(R"({"longUrl":"https://example.com/","alias":"more","tags":["one","two words"]})");
}

// Fails from the `insert_many`-th call on.
class BreakingStore final : public url_shortener::LinkStoreOverMemory {
 public:
  common::Task<common::Result<url_shortener::InsertManyOutcome>> insert_many(url_shortener::InsertMany many) override {
    if (left-- == 0) co_return common::Error{common::Failure::unavailable, "away"};
    co_return co_await memory.insert_many(std::move(many));
  }
  int left = 1'000;
};

std::string numbered_lines(int count) {
  std::string body;
  for (int i = 0; i < count; ++i)
    body += R"({"shortCode":"n)" + std::to_string(i) + R"(","longUrl":"https://example.com/"})" + "\n";
  return body;
}

}  // namespace

TEST_CASE("what is exported and imported elsewhere is exported there byte for byte") {
  for (const std::string format : {"csv", "ndjson"}) {
    INFO(format);
    Shortener from;
    fill(from);
    const auto out = from.get("/v1/links:export?format=" + format);
    CHECK(out.status == 200);
    CHECK(out.chunked);
    CHECK(out.header("Content-Disposition") == "attachment; filename=\"links." + format + "\"");
    Shortener to;
    to.pass(1h);  // one of them has expired by then
    const auto in = import(to, format == "csv" ? csv : ndjson, out.body);
    CHECK(in.status == 200);
    CHECK(summary(in, "created") == "4");
    CHECK(summary(in, "refused") == "0");
    CHECK(summary(in, "complete") == "true");
    CHECK(to.get("/v1/links:export?format=" + format).body == out.body);
    CHECK(to.get("/-dash").status == 410);
    CHECK(to.get("/tags").status == 302);
  }
}

TEST_CASE("an import that is repeated creates nothing twice, and says that all is there") {
  Shortener shortener;
  fill(shortener);
  const auto out = shortener.get("/v1/links:export").body;
  const auto again = import(shortener, csv, out);
  CHECK(summary(again, "unchanged") == "4");
  CHECK(summary(again, "created") == "0");
  CHECK(text_at(lines_of(again).front(), "/status") == "200");
  CHECK(text_at(lines_of(again).front(), "/line") == "2");
  CHECK(links(shortener) == 4);
}

TEST_CASE("a code that leads elsewhere stays as it is, and a deleted one is not given out again") {
  Shortener shortener;
  shortener.shorten(R"({"longUrl":"https://example.com/mine","alias":"abc"})");
  shortener.shorten(R"({"longUrl":"https://example.com/gone","alias":"gone"})");
  CHECK(shortener.request("DELETE", "/v1/links/gone").status == 204);
  const auto in = import(shortener, csv,
                         "shortCode,longUrl\r\nabc,https://example.com/theirs\r\ngone,https://example.com/gone\r\n"
                         "fresh,https://example.com/new\r\nabc,https://example.com/mine\r\n");
  const auto lines = lines_of(in);
  REQUIRE(lines.size() == 5);
  CHECK(text_at(lines[0], "/status") == "409");
  CHECK(text_at(lines[0], "/error/code") == "CODE_TAKEN");
  CHECK(text_at(lines[1], "/status") == "409");
  CHECK(text_at(lines[2], "/status") == "201");
  CHECK(text_at(lines[3], "/status") == "200");
  CHECK(shortener.get("/abc").header("Location") == "https://example.com/mine");
}

TEST_CASE("each bad line is refused for itself, by its number") {
  Shortener shortener;
  const auto in = import(shortener, csv,
                         "longUrl,shortCode,maxClicks,tags,expiresAt,createdAt\n"
                         "https://example.com/,ok,5,one;two,2020-01-01T00:00:00Z,2019-01-01T00:00:00.5Z\n"
                         "nowhere,bad1,,,,\n"
                         "https://example.com/,,,,,\n"
                         "https://example.com/,bad code,,,,\n"
                         "https://example.com/,metrics,,,,\n"
                         "https://example.com/,bad2,many,,,\n"
                         "https://example.com/,bad3,,,never,\n"
                         "https://example.com/,bad4,,,,2999-01-01T00:00:00Z\n"
                         "https://example.com/,bad5\n"
                         "https://example.com/,b\"ad6,,,,\n"
                         "https://example.com/,bad7,,[oops,,\n"
                         "https://sho.rt/loop,bad8,,,,\n"
                         "https://example.com/,x,,,,\n");
  const auto lines = lines_of(in);
  REQUIRE(lines.size() == 14);
  for (std::size_t i = 0; i < 13; ++i) {
    INFO(common::json::serialize(lines[i]));
    CHECK(text_at(lines[i], "/line") == std::to_string(i + 2));
    const bool good = i == 0 || i == 12;
    CHECK((text_at(lines[i], "/status") == "201") == good);
  }
  CHECK(text_at(lines[1], "/error/code") == "URL_INVALID");
  CHECK(text_at(lines[8], "/error/code") == "LINE_MALFORMED");
  CHECK(summary(in, "created") == "2");
  CHECK(summary(in, "refused") == "11");
  const auto link = shortener.get("/v1/links/ok");
  CHECK(text_at(link, "/createdAt") == "2019-01-01T00:00:00.500Z");
  CHECK(text_at(link, "/tags/1") == "two");
  CHECK(text_at(link, "/maxClicks") == "5");
}

TEST_CASE("lines of JSON are read strictly too") {
  Shortener shortener;
  const auto in =
      import(shortener, ndjson,
             "{\"shortCode\":\"abc\",\"longUrl\":\"https://example.com/\",\"shortUrl\":\"x\"}\n\n"
             "{\"shortCode\":\"abd\"\n[]\n{\"shortCode\":\"abe\",\"longUrl\":\"https://example.com/\",\"a\":1}\r\n"
             "{\"shortCode\":\"abf\",\"longUrl\":\"https://example.com/\"}");
  const auto lines = lines_of(in);
  REQUIRE(lines.size() == 6);
  CHECK(text_at(lines[0], "/status") == "201");
  CHECK(text_at(lines[1], "/status") == "400");
  CHECK(text_at(lines[1], "/line") == "3");
  CHECK(text_at(lines[2], "/status") == "400");
  CHECK(text_at(lines[3], "/error/details/0/field") == "a");
  CHECK(text_at(lines[4], "/status") == "201");
}

TEST_CASE("a request that is no import is refused before anything is read of it") {
  Shortener shortener;
  CHECK(import(shortener, "Content-Type: application/json\r\n", "[]").status == 415);
  CHECK(import(shortener, "", "shortCode,longUrl\n").status == 415);
  CHECK(import(shortener, csv, "").status == 422);
  CHECK(import(shortener, csv, "code,url\n").status == 422);
  CHECK(import(shortener, csv, "shortCode,shortCode\n").status == 422);
  CHECK(shortener.get("/v1/links:export?format=xml").status == 422);
  CHECK(import(shortener, csv, "shortCode,longUrl\n").status == 200);
}

TEST_CASE("an import whose store fails on the way says how far it came, and can be repeated") {
  BreakingStore store;
  Shortener shortener(store);
  store.left = 2;
  const auto body = numbered_lines(1'700);
  const auto broken = import(shortener, ndjson, body);
  CHECK(summary(broken, "complete") == "false");
  CHECK(summary(broken, "created") == "1000");
  CHECK(summary(broken, "refused") == "500");
  CHECK(text_at(lines_of(broken)[1'200], "/status") == "503");
  store.left = 1'000;
  const auto whole = import(shortener, ndjson, body);
  CHECK(summary(whole, "complete") == "true");
  CHECK(summary(whole, "unchanged") == "1000");
  CHECK(summary(whole, "created") == "700");
}

TEST_CASE("an export goes through all pages, and can be of one tag") {
  Shortener shortener;
  import(shortener, ndjson, numbered_lines(1'203));
  shortener.shorten(R"({"longUrl":"https://example.com/","alias":"tagged","tags":["one"]})");
  const auto all = shortener.get("/v1/links:export?format=ndjson");
  CHECK(lines_of(all).size() == 1'204);
  CHECK(text_at(lines_of(all).front(), "/shortCode") == "tagged");
  CHECK(lines_of(shortener.get("/v1/links:export?format=ndjson&tag=one")).size() == 1);
  CHECK(shortener.get("/v1/links:export?tag=none").body == "shortCode,longUrl,createdAt,expiresAt,maxClicks,tags\r\n");
  CHECK(shortener.request("HEAD", "/v1/links:export").status == 200);
}

TEST_CASE("each line of an import counts against the limit on creation") {
  Shortener shortener(*rate_limiter::parse_rate("5/1m").value());
  const auto in = import(shortener, ndjson, numbered_lines(8));
  CHECK(summary(in, "created") == "5");
  CHECK(text_at(lines_of(in)[7], "/status") == "429");
}

TEST_CASE("a code that was looked for in vain redirects as soon as an import has made it") {
  Shortener shortener;
  CHECK(shortener.get("/n0").status == 404);
  import(shortener, ndjson, numbered_lines(1));
  CHECK(shortener.get("/n0").status == 302);
}

TEST_CASE("a record keeps the microseconds of times, before 1970 too") {
  url_shortener::Link link;
  link.code = "abc";
  link.long_url = "https://example.com/";
  for (const std::int64_t micros : {0LL, 1LL, 999'999LL, 1'750'000'000'123'456LL, -1LL, -1'000'001LL}) {
    INFO(micros);
    link.created_at = common::TimePoint{std::chrono::microseconds{micros}};
    const auto read = url_shortener::parse_record(url_shortener::to_record(link), link.created_at, {});
    REQUIRE(std::holds_alternative<url_shortener::Link>(read));
    CHECK(std::get<url_shortener::Link>(read).created_at == link.created_at);
  }
}
