// Linked beside the notifier's own main.cpp into notifier_faulty, the program of the crash tests:
//
//   NOTIFIER_CRASH_AT=worker.after_send:3   kill -9 of itself when that place is passed for the third time
//   NOTIFIER_CRASH_PID=1234                 of that process instead, such as the broker
//   NOTIFIER_BUG=no_unique_key              one of the famous mistakes, made
//
// A name that there is not is a mistake of the test, and ends the program at once.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

#include "notifier/fault_points.h"

namespace {

using namespace notifier::faults;

std::string crash_at;
pid_t victim = ::getpid();
std::atomic<int> left{0};

void pass(std::string_view point) {
  if (point == crash_at && --left == 0) ::kill(victim, SIGKILL);
}

[[noreturn]] void refuse(const std::string& what) {
  std::cerr << "notifier_faulty: there is no " << what << "\n";
  std::exit(2);
}

struct Install {
  Install() {
    if (const char* text = std::getenv("NOTIFIER_CRASH_AT")) {
      const std::string whole = text;
      crash_at = whole.substr(0, whole.find(':'));
      left = crash_at.size() < whole.size() ? std::stoi(whole.substr(crash_at.size() + 1)) : 1;
      if (std::find(points.begin(), points.end(), crash_at) == points.end()) refuse("fault point " + crash_at);
      if (const char* pid = std::getenv("NOTIFIER_CRASH_PID")) victim = std::stoi(pid);
      hook = pass;
    }
    if (const char* text = std::getenv("NOTIFIER_BUG")) {
      const std::string name = text;
      if (name == "offset_before_effect") bug = Bug::offset_before_effect;
      if (name == "fence_before_drain") bug = Bug::fence_before_drain;
      if (name == "no_unique_key") bug = Bug::no_unique_key;
      if (name == "digest_merge") bug = Bug::digest_merge;
      if (bug == Bug::none) refuse("bug " + name);
    }
  }
};
const Install install;

}  // namespace
