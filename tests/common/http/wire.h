// A ScriptedService behind a ServerProtocol, and a gate for its coroutines: what most protocol tests need.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/common/http/scripted_service.h"
#include "tests/support/catch.h"
#include "tests/support/protocol_driver.h"
#include "tests/support/raw_client.h"

namespace testing {

inline common::Task<common::http::Response> answer_at(Gate& gate) {
  co_await gate.wait();
  co_return common::http::text(200, "later");
}

inline common::Task<common::http::Response> answer_at_once() {
  co_return common::http::text(200, "soon");
}

inline common::Task<common::http::Response> throw_at(Gate& gate) {
  co_await gate.wait();
  throw std::runtime_error("password=secret");
}

// "/later" is answered when the gate opens, "/soon" by a coroutine that never waits; other paths echo.
struct Wire : ScriptedService, ProtocolDriver {
  Gate gate{io()};

  Wire() : ProtocolDriver(static_cast<Service&>(*this)) {
    using common::http::Reply;
    at["/later"] = [this](Request&) -> Reply { return answer_at(gate); };
    at["/soon"] = [](Request&) -> Reply { return answer_at_once(); };
  }
  // What the bytes are answered with, all of it whole.
  std::vector<RawResponse> ask(std::string_view bytes) {
    receive(bytes);
    settle();
    return take_all_responses(take());
  }
  RawResponse ask_one(std::string_view bytes) {
    auto all = ask(bytes);
    REQUIRE(all.size() == 1);
    return all[0];
  }
};

}  // namespace testing
