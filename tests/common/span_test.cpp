#include "common/span.h"

#include "common/json.h"
#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

Span example() {
  Span span;
  span.name = "GET /{code}";
  span.kind = SpanKind::server;
  span.context = *parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  span.start = TimePoint{1'750'000'000'123'456us};
  span.duration = 789us;
  return span;
}

}  // namespace

TEST_CASE("a span is written as Zipkin's JSON v2 asks") {
  Span span = example();
  span.parent_id = SpanId{1, 2, 3, 4, 5, 6, 7, 8};
  span.tags = {{"http.response.status_code", "302"}, {"quote", "\"\n"}};
  REQUIRE(zipkin_json({&span, 1}, "url_shortener") ==
          R"([{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","id":"00f067aa0ba902b7",)"
          R"("parentId":"0102030405060708","kind":"SERVER","name":"GET /{code}",)"
          R"("timestamp":1750000000123456,"duration":789,)"
          R"("localEndpoint":{"serviceName":"url_shortener"},)"
          R"("tags":{"http.response.status_code":"302","quote":"\"\n"}}])");
}

TEST_CASE(
    "parent, kind and tags are left out where there are none; no span is shorter than a "
    "microsecond") {
  Span span = example();
  span.kind = SpanKind::internal;
  span.duration = 0us;
  const json::value value = parse_json(zipkin_json({&span, 1}, "s")).value();
  const json::object& object = value.as_array().at(0).as_object();
  REQUIRE_FALSE(object.contains("parentId"));
  REQUIRE_FALSE(object.contains("kind"));
  REQUIRE_FALSE(object.contains("tags"));
  REQUIRE(object.at("duration").as_int64() == 1);
}

TEST_CASE("a batch is one array, in order, whatever the names hold") {
  std::vector<Span> spans(3, example());
  spans[1].name = "bad \xff utf-8";
  const json::value value = parse_json(zipkin_json(spans, "s\"")).value();
  REQUIRE(value.as_array().size() == 3);
  REQUIRE(value.as_array().at(1).as_object().at("name").as_string() == "bad \uFFFD utf-8");
  REQUIRE(zipkin_json({}, "s") == "[]");
}

TEST_CASE("nobody has to make spans that nobody wants") {
  REQUIRE_FALSE(SpanSinkNone().enabled());
  REQUIRE(SpanSinkLog().enabled());
}
