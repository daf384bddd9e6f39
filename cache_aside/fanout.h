// Who does the work of a feed: the author's side when posting, or the reader's when reading. One file each:
//
//   write    a post's id is pushed to the feed of every follower
//   read     nothing is pushed; a reader merges the latest of all whom it follows
//   hybrid   pushed for most; the few with many followers are merged at reading
//
// Two questions decide everything; they must never both be answered no for a post that a reader has yet to see. Pure.

#pragma once

#include "cache_aside/follow_store.h"
#include "common/clock.h"

namespace cache_aside {

class Fanout {
 public:
  virtual ~Fanout() = default;
  // Whether a post of this author is pushed to its followers' feeds.
  virtual bool pushes(const Fame& author, common::TimePoint now) const noexcept = 0;
  // Whether this followee's latest posts are merged in when a feed is read.
  virtual bool pulls(const Followee& followee) const noexcept = 0;
};

}  // namespace cache_aside
