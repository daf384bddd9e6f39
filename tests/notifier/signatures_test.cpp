// Webhook signatures and unsubscribe tokens.

#include "notifier/hmac.h"
#include "notifier/unsubscribe_token.h"
#include "notifier/webhook_signature.h"
#include "tests/support/catch.h"

using namespace notifier;

TEST_CASE("a webhook is signed as the specification's vector is") {
  const auto key = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  CHECK(sign_webhook({key}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("while keys are rotated there is a signature by each") {
  const auto old_key = webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  const std::string new_key(32, 'k');
  const auto both = sign_webhook({new_key, old_key}, "id", 1, "body");
  CHECK(both == sign_webhook({new_key}, "id", 1, "body") + " " + sign_webhook({old_key}, "id", 1, "body"));
}

TEST_CASE("a secret is whsec_ and the base64 of 24 to 64 bytes") {
  CHECK(webhook_secret("whsec_" + base64_encode(std::string(24, 'a'))));
  CHECK(webhook_secret("whsec_" + base64_encode(std::string(64, 'a'))));
  CHECK_FALSE(webhook_secret("whsec_" + base64_encode(std::string(23, 'a'))));
  CHECK_FALSE(webhook_secret("whsec_" + base64_encode(std::string(65, 'a'))));
  CHECK_FALSE(webhook_secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  CHECK_FALSE(webhook_secret("whsec_not base64"));
}

TEST_CASE("base64 is strict") {
  CHECK(base64_encode("") == "");
  CHECK(base64_encode("a") == "YQ==");
  CHECK(base64_decode("YQ==") == "a");
  CHECK_FALSE(base64_decode("YQ"));
  CHECK_FALSE(base64_decode("YR=="));  // bits beyond the last byte
  CHECK_FALSE(base64_decode("Y Q="));
}

TEST_CASE("an unsubscribe token says who and what, and cannot be made by others") {
  const Unsubscription from{"ada", "news", Channel::email};
  const auto token = unsubscribe_token("secret", from);
  CHECK(read_unsubscribe_token("secret", token) == from);
  CHECK_FALSE(read_unsubscribe_token("another", token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(read_unsubscribe_token("secret", changed));
  }
  CHECK_FALSE(read_unsubscribe_token("secret", ""));
  CHECK_FALSE(read_unsubscribe_token("secret", "."));
}
