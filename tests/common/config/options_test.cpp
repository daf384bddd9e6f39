#include "common/config/options.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/support/catch.h"

using namespace common;
using namespace std::chrono_literals;

namespace {

enum class Colour { red, green };

struct Settings {
  std::string name = "world";
  int offset = -3;
  std::uint16_t port = 8080;
  std::size_t count = 7;
  bool loud = false;
  std::chrono::milliseconds timeout = 250ms;
  std::size_t body = 1'048'576;
  Colour colour = Colour::red;
  std::string store = "sqlite";
  std::vector<std::string> shards = {"one"};
};

using Variables = std::map<std::string, std::string>;

struct Program {
  Settings settings;
  Options options{"demo_server", "does things"};

  Program() {
    options.group("Things");
    options.add("name", settings.name, {.help = "whom to greet"});
    options.add("offset", settings.offset, {.help = "how far"});
    options.add("port", settings.port, {.help = "which port"});
    options.add("count", settings.count, {.help = "how many"});
    options.add("loud", settings.loud, {.help = "shout"});
    options.add("timeout", settings.timeout, {.help = "how long"});
    options.add_size("max-body", settings.body, {.help = "how big"});
    options.group("Choices");
    options.add("colour", settings.colour, {{"red", Colour::red, "like a rose"}, {"green", Colour::green}},
                {.help = "which colour"});
    options.add("store", settings.store,
                {.metavar = "ENGINE",
                 .help = "where links are kept",
                 .choices = {{"sqlite"}, {"memory"}, {"postgres://\u2026"}}});
    options.add("shard", settings.shards, {.metavar = "URL", .help = "one shard"});
  }

  std::optional<std::string> parse(std::vector<std::string> arguments, const Variables& variables = {}) {
    std::vector<const char*> argv{"/opt/bin/demo_server"};
    for (const std::string& argument : arguments)
      argv.push_back(argument.c_str());
    return options.parse(static_cast<int>(argv.size()), argv.data(),
                         [&](const std::string& name) -> std::optional<std::string> {
                           const auto found = variables.find(name);
                           if (found == variables.end()) return std::nullopt;
                           return found->second;
                         });
  }

  std::string refusal(std::vector<std::string> arguments, const Variables& variables = {}) {
    try {
      (void)parse(std::move(arguments), variables);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  }
};

// A TOML file that exists as long as this does.
class TomlFile {
 public:
  explicit TomlFile(const std::string& text) {
    const int descriptor = ::mkstemp(path_.data());
    REQUIRE(descriptor >= 0);
    ::close(descriptor);
    std::ofstream(path_) << text;
  }
  ~TomlFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/options_test_XXXXXX";
};

}  // namespace

TEST_CASE("without any source the defaults hold") {
  Program program;
  REQUIRE_FALSE(program.parse({}).has_value());
  REQUIRE(program.settings.name == "world");
  REQUIRE(program.settings.timeout == 250ms);
  REQUIRE(program.settings.shards == std::vector<std::string>{"one"});
  REQUIRE_FALSE(program.options.given("name"));
}

TEST_CASE("every type is read from flags, with a space or an equals sign") {
  Program program;
  REQUIRE_FALSE(program.parse({"--name", "you", "--offset=-12", "--port", "65535", "--count=0", "--loud", "--timeout",
                               "5s", "--max-body=64KiB", "--colour", "green", "--store", "postgres://db/x", "--shard",
                               "a", "--shard=b"}));
  REQUIRE(program.settings.name == "you");
  REQUIRE(program.settings.offset == -12);
  REQUIRE(program.settings.port == 65535);
  REQUIRE(program.settings.count == 0);
  REQUIRE(program.settings.loud);
  REQUIRE(program.settings.timeout == 5s);
  REQUIRE(program.settings.body == 65'536);
  REQUIRE(program.settings.colour == Colour::green);
  REQUIRE(program.settings.store == "postgres://db/x");
  REQUIRE(program.settings.shards == std::vector<std::string>{"a", "b"});
  REQUIRE(program.options.given("name"));
}

TEST_CASE("a flag beats the environment, the environment beats the file, the file beats the default") {
  const TomlFile file("name = \"file\"\ncount = 1\nport = 1\n");
  Program program;
  const Variables variables{{"DEMO_SERVER_NAME", "environment"}, {"DEMO_SERVER_COUNT", "2"}};
  REQUIRE_FALSE(program.parse({"--config", file.path(), "--name", "flag"}, variables));
  REQUIRE(program.settings.name == "flag");
  REQUIRE(program.settings.count == 2);
  REQUIRE(program.settings.port == 1);
  REQUIRE(program.settings.offset == -3);
}

TEST_CASE("a text option can be set to nothing, which switches off what the environment asked for") {
  Program program;
  REQUIRE_FALSE(program.parse({"--name", ""}, {{"DEMO_SERVER_NAME", "environment"}}));
  REQUIRE(program.settings.name.empty());
}

TEST_CASE("every type is read from the environment; an empty variable counts as unset") {
  Program program;
  REQUIRE_FALSE(program.parse({}, {{"DEMO_SERVER_MAX_BODY", "2MiB"},
                                   {"DEMO_SERVER_LOUD", "true"},
                                   {"DEMO_SERVER_COLOUR", "green"},
                                   {"DEMO_SERVER_SHARD", " a  b "},
                                   {"DEMO_SERVER_NAME", ""},
                                   {"DEMO_SERVER_UNKNOWN", "x"}}));
  REQUIRE(program.settings.body == 2'097'152);
  REQUIRE(program.settings.loud);
  REQUIRE(program.settings.colour == Colour::green);
  REQUIRE(program.settings.shards == std::vector<std::string>{"a", "b"});
  REQUIRE(program.settings.name == "world");
}

TEST_CASE("every type is read from a file, which the environment may name") {
  const TomlFile file("# settings\nmax-body = \"1KiB\"\nloud = true\noffset = -9\nshard = [\"a\", \"b\"]\n");
  Program program;
  REQUIRE_FALSE(program.parse({}, {{"DEMO_SERVER_CONFIG", file.path()}}));
  REQUIRE(program.settings.body == 1024);
  REQUIRE(program.settings.loud);
  REQUIRE(program.settings.offset == -9);
  REQUIRE(program.settings.shards == std::vector<std::string>{"a", "b"});
}

TEST_CASE(
    "of a flag given twice the last holds; a repeatable one keeps all and drops the lower "
    "sources") {
  const TomlFile file("shard = [\"x\", \"y\"]\n");
  Program program;
  REQUIRE_FALSE(program.parse({"--count", "1", "--count", "2", "--shard", "z", "--config", file.path()}));
  REQUIRE(program.settings.count == 2);
  REQUIRE(program.settings.shards == std::vector<std::string>{"z"});
}

TEST_CASE("a value of the wrong kind is an error that names the option and the accepted form") {
  REQUIRE(Program().refusal({"--port", "65536"}) == "--port: '65536' is not a whole number from 0 to 65535");
  REQUIRE(Program().refusal({"--port", "-1"}) == "--port: '-1' is not a whole number from 0 to 65535");
  REQUIRE(Program().refusal({"--count", "18446744073709551616"}).find("is not a whole number") != std::string::npos);
  REQUIRE(Program().refusal({"--offset", "1.5"}).rfind("--offset: '1.5' is not a whole number", 0) == 0);
  REQUIRE(Program().refusal({"--timeout", "10"}).rfind("--timeout: '10' is not a duration", 0) == 0);
  REQUIRE(Program().refusal({"--timeout", "10us"}) == "--timeout: '10us' is finer than 1ms");
  REQUIRE(Program().refusal({"--max-body", "1KB"}).rfind("--max-body: '1KB' is not a size", 0) == 0);
  REQUIRE(Program().refusal({"--loud=maybe"}) == "--loud: 'maybe' is not true or false");
  REQUIRE(Program()
              .refusal({}, {{"DEMO_SERVER_COUNT", "many"}})
              .rfind("DEMO_SERVER_COUNT: 'many' is not a whole number", 0) == 0);
}

TEST_CASE("an unknown choice is an error that lists the choices") {
  REQUIRE(Program().refusal({"--colour", "blue"}) == "--colour: 'blue' is not one of: red, green");
  REQUIRE(Program().refusal({"--store", "redis"}) ==
          "--store: 'redis' is not one of: sqlite, memory, postgres://\u2026");
  REQUIRE(Program().refusal({"--store", "postgres://"}).find("is not one of") != std::string::npos);
  REQUIRE(Program().refusal({"--store", "sqlite2"}).find("is not one of") != std::string::npos);
}

TEST_CASE("an unknown flag or argument is an error, with a suggestion when one is near") {
  REQUIRE(Program().refusal({"--max_body", "1"}) == "unknown option --max_body (did you mean --max-body?)");
  REQUIRE(Program().refusal({"--prot=1"}) == "unknown option --prot (did you mean --port?)");
  REQUIRE(Program().refusal({"--something-else"}) == "unknown option --something-else");
  REQUIRE(Program().refusal({"serve"}) == "unexpected argument 'serve'");
  REQUIRE(Program().refusal({"--count", "1", "2"}) == "unexpected argument '2'");
  REQUIRE(Program().refusal({"-p"}) == "unexpected argument '-p'");
  REQUIRE(Program().refusal({"--name"}) == "--name: needs a value");
  REQUIRE(Program().refusal({"--name="}) == "--name: needs a value");
  REQUIRE(Program().refusal({"--loud", "x"}) == "unexpected argument 'x'");
}

TEST_CASE("an unknown key in the file is an error that names file, line and key") {
  const TomlFile file("count = 1\n\nmax_body = \"1MiB\"\n");
  REQUIRE(Program().refusal({"--config", file.path()}) ==
          file.path() + ":3: unknown key 'max_body' (did you mean max-body?)");
}

TEST_CASE("a wrong value in the file is an error that names file, line and key") {
  const TomlFile range("\nport = 70000\n");
  REQUIRE(Program().refusal({"--config", range.path()}) ==
          range.path() + ":2: port: '70000' is not a whole number from 0 to 65535");
  const TomlFile table("[limits]\ncount = 1\n");
  REQUIRE(Program().refusal({"--config", table.path()}) ==
          table.path() + ":1: limits: write a string, a whole number, true or false");
  const TomlFile real("count = 1.5\n");
  REQUIRE(Program().refusal({"--config", real.path()}).find(":1: count: write a") != std::string::npos);
  const TomlFile list("count = []\n");
  REQUIRE(Program().refusal({"--config", list.path()}) == list.path() + ":1: count: needs a value");
}

TEST_CASE("a file that is missing or not TOML is an error that says where") {
  REQUIRE(Program().refusal({"--config", "/no/such.toml"}) == "--config: cannot read '/no/such.toml'");
  const TomlFile broken("count = 1\nname = \n");
  REQUIRE(Program().refusal({"--config", broken.path()}).rfind(broken.path() + ":2: ", 0) == 0);
  const TomlFile twice("count = 1\ncount = 2\n");
  REQUIRE(Program().refusal({"--config", twice.path()}).rfind(twice.path() + ":2: ", 0) == 0);
}

TEST_CASE("a call for --version or --help is answered before anything else is read") {
  Program program;
  REQUIRE(program.parse({"--version"}, {{"DEMO_SERVER_COUNT", "many"}}) == "demo_server " LOADBEARING_VERSION "\n");
  REQUIRE(program.parse({"--help"}, {{"DEMO_SERVER_COUNT", "many"}}) == program.options.help());
}

TEST_CASE("help names every option, choice and default, and fits in 100 columns") {
  const Program program;
  const std::string help = program.options.help();
  for (const char* expected : {"demo_server: does things\n",
                               "\nThings\n",
                               "\nChoices\n",
                               "\nGeneral\n",
                               "  --name TEXT                 whom to greet (default world)\n",
                               "how far (default -3)",
                               "--timeout DURATION",
                               "(default 250ms)",
                               "--max-body SIZE",
                               "(default 1MiB)",
                               "  --loud   ",
                               "--colour NAME",
                               "(default red)",
                               "red    like a rose\n",
                               "                                green\n",
                               "--store sqlite|memory|postgres://\u2026",
                               "one shard; may be repeated (default one)",
                               "--config FILE.toml",
                               "--help",
                               "--version",
                               "DEMO_SERVER_NAME"}) {
    INFO(expected);
    REQUIRE(help.find(expected) != std::string::npos);
  }
  std::size_t column = 0;
  for (const char c : help) {
    column = c == '\n' ? 0 : column + ((static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0);
    REQUIRE(column <= 100);
  }
}
