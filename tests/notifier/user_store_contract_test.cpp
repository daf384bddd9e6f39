#include "notifier/user_store.h"

#include "tests/notifier/stores_under_test.h"

using namespace notifier;

namespace {

std::vector<User> users(const std::vector<std::string>& ids) {
  std::vector<User> all;
  for (const auto& id : ids)
    all.push_back({.id = id, .email = id + "@example.org"});
  return all;
}

std::optional<KnownUser> find(StoresOfOne& stores, const std::string& id) {
  return done(stores.users->find({id})).front();
}

}  // namespace

TEST_CASE("a user that one process put, another finds, whole") {
  FOR_EACH_KIND(stores);
  const User ada{.id = "ada",
                 .email = "ada@example.org",
                 .phone = "+4930123456",
                 .push_token = "t",
                 .webhook_url = "https://x/",
                 .time_zone = "Europe/Berlin",
                 .segments = {"beta", "de"}};
  done(stores.one.users->put({ada}));
  CHECK(find(stores.two, "ada")->user == ada);
  CHECK_FALSE(find(stores.two, "bob"));
}

TEST_CASE("putting replaces: addresses and segments that are gone are gone, preferences stay") {
  FOR_EACH_KIND(stores);
  done(stores.one.users->put({User{.id = "ada", .email = "ada@example.org", .segments = {"beta", "de"}}}));
  done(stores.one.users->unsubscribe("ada", "news", Channel::email));
  done(stores.two.users->put({User{.id = "ada", .phone = "+4930123456", .segments = {"de", "fr"}}}));
  const auto ada = find(stores.one, "ada");
  CHECK_FALSE(ada->user.email);
  CHECK(ada->user.phone == "+4930123456");
  CHECK_FALSE(ada->preferences.allows("news", Channel::email));
  const auto segment = [&](const char* name) {
    return done(stores.one.users->count({.type = Audience::Type::segment, .name = name, .users = {}}));
  };
  CHECK(segment("beta") == 0);
  CHECK(segment("de") == 1);
  CHECK(segment("fr") == 1);
}

TEST_CASE("of one id twice in one group the last counts") {
  FOR_EACH_KIND(stores);
  done(stores.one.users->put(
      {User{.id = "ada", .email = "a@example.org"}, User{.id = "ada", .email = "b@example.org"}}));
  CHECK(find(stores.one, "ada")->user.email == "b@example.org");
  CHECK(done(stores.one.users->count({.type = Audience::Type::all, .name = {}, .users = {}})) == 1);
}

TEST_CASE("who unsubscribes before being known is in no audience, and stays unsubscribed") {
  FOR_EACH_KIND(stores);
  const Audience all{.type = Audience::Type::all, .name = {}, .users = {}};
  done(stores.one.users->unsubscribe("ada", "news", Channel::email));
  CHECK(done(stores.one.users->count(all)) == 0);
  CHECK(done(stores.one.users->page(all, "", 10)).empty());
  done(stores.one.users->put(users({"ada"})));
  CHECK(done(stores.one.users->count(all)) == 1);
  CHECK_FALSE(find(stores.one, "ada")->preferences.allows("news", Channel::email));
  CHECK(find(stores.one, "ada")->preferences.allows("news", Channel::push));
  CHECK(find(stores.one, "ada")->preferences.allows("other", Channel::email));
}

TEST_CASE("preferences are replaced whole, and unsubscribing adds to them") {
  FOR_EACH_KIND(stores);
  Preferences preferences;
  preferences.off["news"] = only(Channel::push);
  preferences.quiet_hours = QuietHours{22 * 60, 7 * 60};
  done(stores.one.users->set_preferences("ada", preferences));
  CHECK(find(stores.two, "ada")->preferences == preferences);
  done(stores.two.users->unsubscribe("ada", "news", Channel::email));
  done(stores.two.users->unsubscribe("ada", "news", Channel::email));
  preferences.off["news"] = only(Channel::push).with(Channel::email);
  CHECK(find(stores.one, "ada")->preferences == preferences);
}

TEST_CASE("a dead address is dead for whoever has it, until they have another") {
  FOR_EACH_KIND(stores);
  done(stores.one.users->put(users({"ada", "bob"})));
  done(stores.one.users->suppress(Channel::email, "ada@example.org", "550"));
  done(stores.one.users->suppress(Channel::email, "ada@example.org", "550"));
  CHECK(find(stores.two, "ada")->dead.has(Channel::email));
  CHECK(find(stores.two, "bob")->dead.empty());
  done(stores.one.users->put({User{.id = "ada", .email = "new@example.org"}}));
  CHECK(find(stores.two, "ada")->dead.empty());
}

TEST_CASE("an audience is paged in order, each once, with whoever comes behind the page") {
  FOR_EACH_KIND(stores);
  const Audience all{.type = Audience::Type::all, .name = {}, .users = {}};
  done(stores.one.users->put(users({"d", "a", "c", "b"})));
  CHECK(done(stores.one.users->page(all, "", 2)) == std::vector<std::string>{"a", "b"});
  done(stores.two.users->put(users({"aa", "bb"})));
  CHECK(done(stores.one.users->page(all, "b", 2)) == std::vector<std::string>{"bb", "c"});
  CHECK(done(stores.one.users->page(all, "c", 2)) == std::vector<std::string>{"d"});
  CHECK(done(stores.one.users->page(all, "d", 2)).empty());
}

TEST_CASE("segments and lists are audiences too") {
  FOR_EACH_KIND(stores);
  done(
      stores.one.users->put({User{.id = "a", .segments = {"x"}}, User{.id = "b"}, User{.id = "c", .segments = {"x"}}}));
  const Audience segment{.type = Audience::Type::segment, .name = "x", .users = {}};
  CHECK(done(stores.one.users->page(segment, "", 10)) == std::vector<std::string>{"a", "c"});
  CHECK(done(stores.one.users->page(segment, "a", 10)) == std::vector<std::string>{"c"});
  const Audience list{.type = Audience::Type::users, .name = {}, .users = {"b", "nobody", "z"}};
  CHECK(done(stores.one.users->page(list, "", 2)) == std::vector<std::string>{"b", "nobody"});
  CHECK(done(stores.one.users->page(list, "nobody", 2)) == std::vector<std::string>{"z"});
  CHECK(done(stores.one.users->count(list)) == 3);
}
