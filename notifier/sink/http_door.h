// The HTTP door of notifier_sink: an SMS gateway (Twilio's form), two push services (FCM v1's and APNs' paths) and a
// receiver of webhooks, all of which take everything, or fail as --fail says.
//
// The delivery key is read from Idempotency-Key, apns-id or webhook-id. What is taken is written down before the
// answer. A fault by name: a status answers with it (429 and 503 with Retry-After: 1) and takes nothing; reset takes it
// and closes without an answer; hang takes it and never answers; slow answers after a second.

#pragma once

#include "common/http/router.h"
#include "notifier/sink/sink.h"

namespace notifier {

class HttpDoor {
 public:
  explicit HttpDoor(Sink& sink) : sink_(sink) {}

  void add_routes(common::http::Router& router);

 private:
  common::Task<common::http::Response> take(common::http::Request& request);

  Sink& sink_;
};

}  // namespace notifier
