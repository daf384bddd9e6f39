#include "common/trace.h"

#include "tests/support/catch.h"

using namespace common;

namespace {

constexpr const char* example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("the standard's own traceparent is read and written back") {
  const auto context = parse_traceparent(example);
  REQUIRE(context.has_value());
  REQUIRE(context->sampled);
  REQUIRE(context->trace_id[0] == 0x4b);
  REQUIRE(context->span_id[7] == 0xb7);
  REQUIRE(trace_id_text(*context) == "4bf92f3577b34da6a3ce929d0e0e4736");
  REQUIRE(span_id_text(context->span_id) == "00f067aa0ba902b7");
  REQUIRE(format_traceparent(*context) == example);
}

TEST_CASE("of the flags only the sampled bit counts, and only it is passed on") {
  const auto with_flags = [](const std::string& flags) {
    return parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + flags);
  };
  REQUIRE_FALSE(with_flags("00")->sampled);
  REQUIRE(with_flags("ff")->sampled);
  REQUIRE_FALSE(with_flags("fe")->sampled);
  REQUIRE(format_traceparent(*with_flags("ff")).substr(52) == "-01");
}

TEST_CASE("a malformed traceparent begins a new trace") {
  for (const char* bad : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // longer than version 00 is
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // upper case
                          "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",  // no trace
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",  // no span
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",  // the forbidden version
                          "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                          " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_traceparent(bad));
  }
}

TEST_CASE("a later version is read as far as it is known") {
  const std::string later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  REQUIRE(parse_traceparent(later) == parse_traceparent(example));
  REQUIRE(parse_traceparent(later + "-what-the-future-will-be-like") == parse_traceparent(example));
  REQUIRE_FALSE(parse_traceparent(later + "."));
  REQUIRE_FALSE(parse_traceparent(later + "what"));
}

TEST_CASE("a child has its parent's trace and decision, and an id of its own") {
  SeededRandom random(1);
  const TraceContext root = new_trace(random, true);
  const TraceContext child = root.child(random);
  REQUIRE(child.trace_id == root.trace_id);
  REQUIRE(child.span_id != root.span_id);
  REQUIRE(child.sampled);
  REQUIRE_FALSE(new_trace(random, false).child(random).sampled);
  REQUIRE(new_trace(random, true).trace_id != root.trace_id);
}

TEST_CASE("an id is never all zeros, whatever the dice say") {
  class Zeros final : public Random {
   public:
    std::uint64_t next() override { return calls_++ % 3 == 2 ? 1 : 0; }

   private:
    int calls_ = 0;
  } zeros;
  REQUIRE(parse_traceparent(format_traceparent(new_trace(zeros, true))).has_value());
}
