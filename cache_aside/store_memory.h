// All tables in this process's memory, under one lock: for trying out and for tests. Gone with the process.

#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache_aside/invalidation_log.h"
#include "cache_aside/post.h"
#include "cache_aside/user.h"

namespace cache_aside {

class StoreMemory {
 public:
  struct UserRow {
    User user;
    std::uint64_t followers = 0;
    std::optional<common::TimePoint> celebrity_since;
  };
  struct Note {
    Invalidation invalidation;
    common::TimePoint at;
  };

  std::mutex mutex;  // guards all of it
  std::map<std::uint64_t, UserRow> users;
  std::map<std::uint64_t, User> queued;  // write_behind
  std::map<std::uint64_t, Post> posts;
  std::map<std::uint64_t, std::set<std::uint64_t>> posts_by_author;
  std::map<std::uint64_t, std::set<std::uint64_t>> followees;  // by follower
  std::map<std::uint64_t, std::set<std::uint64_t>> followers;  // by followee
  std::map<std::uint64_t, Note> notes;
  std::set<std::uint64_t> unsettled;  // of the notes
  std::map<std::pair<std::string, std::string>, std::pair<IdempotentAnswer, common::TimePoint>> answers;
  std::deque<std::pair<common::TimePoint, std::pair<std::string, std::string>>> answer_ages;
  std::uint64_t last_user = 0;
  std::uint64_t last_post = 0;
  std::uint64_t last_note = 0;

  // ---- with the lock held ----

  std::uint64_t note(const std::string& key, std::uint64_t version, common::TimePoint now) {
    const std::uint64_t id = ++last_note;
    notes.emplace(id, Note{{id, key, version}, now});
    unsettled.insert(id);
    return id;
  }

  const IdempotentAnswer* answer(const std::string& scope, const std::string& key, common::TimePoint now) const {
    const auto found = answers.find({scope, key});
    const bool valid = found != answers.end() && found->second.second > now - answer_lifetime;
    return valid ? &found->second.first : nullptr;
  }

  template <class T>
  std::optional<CreateOutcome<T>> answered_before(const std::optional<Keep<T>>& keep, common::TimePoint now) const {
    const IdempotentAnswer* const before = keep ? answer(keep->scope, keep->key, now) : nullptr;
    if (!before) return std::nullopt;
    if (before->request_hash != keep->request_hash) return CreateOutcome<T>(KeyReused{});
    return CreateOutcome<T>(Replayed{*before});
  }

  template <class T>
  void keep_answer(const std::optional<Keep<T>>& keep, const T& created, common::TimePoint now) {
    if (!keep) return;
    forget_answers(now);
    answers[{keep->scope, keep->key}] = {keep->answer(created), now};
    answer_ages.push_back({now, {keep->scope, keep->key}});
  }

  void forget_answers(common::TimePoint now) {
    for (; !answer_ages.empty() && answer_ages.front().first <= now - answer_lifetime; answer_ages.pop_front()) {
      const auto old = answers.find(answer_ages.front().second);
      if (old != answers.end() && old->second.second <= now - answer_lifetime) answers.erase(old);
    }
  }
};

}  // namespace cache_aside
