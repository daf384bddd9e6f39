// One id for each alternative, the same everywhere: file, type, flag, contract test, study page.
//
// The ids come from the lists that the programs themselves use: the {"id", "what it is"} rows of each
// SYSTEM/make_FAMILY.cpp. And every implementation of an interface stands in the interface's contract test.

#include <algorithm>
#include <cctype>

#include "tests/repo/markdown.h"
#include "tests/repo/tree.h"
#include "tests/support/catch.h"

using namespace repo;

namespace {

// "code_generator_counter" → "CodeGeneratorCounter"
std::string type_name(std::string_view stem) {
  std::string name;
  bool upper = true;
  for (const char c : stem) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

const File* find(const std::vector<File>& files, const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const File& file) { return file.path == path; });
  return found == files.end() ? nullptr : &*found;
}

bool mentions(const File* file, std::string_view text) {
  return file && std::any_of(file->lines.begin(), file->lines.end(),
                             [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

bool links_to_file(const File* page, const std::string& name) {
  if (!page) return false;
  const auto links = links_of(*page);
  return std::any_of(links.begin(), links.end(), [&](const Link& link) { return link.target == name; });
}

struct Id {
  std::string name;
  std::size_t line;
};

// The rows `{"id", "…` of a make_FAMILY.cpp.
std::vector<Id> ids_of(const File& factory) {
  std::vector<Id> ids;
  for (std::size_t i = 0; i < factory.lines.size(); ++i) {
    const std::string& line = factory.lines[i];
    const auto open = line.find("{\"");
    if (open == std::string::npos) continue;
    const auto close = line.find("\", \"", open);
    if (close == std::string::npos) continue;
    const std::string name = line.substr(open + 2, close - open - 2);
    const bool is_id = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
    });
    if (is_id) ids.push_back({name, i + 1});
  }
  return ids;
}

Findings scattered_alternatives(const std::vector<File>& files) {
  Findings findings;
  for (const File& factory : files) {
    const std::string stem = factory.stem();
    if (!factory.path.ends_with(".cpp") || !stem.starts_with("make_") || factory.is_below("tests")) continue;
    const std::string family = stem.substr(5);
    const std::string system = factory.folder();
    const auto ids = ids_of(factory);
    if (ids.empty()) findings.push_back({factory.path, 0, "has no list of alternatives: {\"id\", \"what it is\"}"});
    const File* contract = find(files, "tests/" + system + "/" + family + "_contract_test.cpp");
    const File* page = find(files, system + "/README.md");
    for (const auto& [id, line] : ids) {
      const auto note = [&, &name = id, at = line](const std::string& what) {
        findings.push_back({factory.path, at, name + ": " + what});
      };
      const std::string header = family + "_" + id + ".h";
      const std::string type = type_name(family + "_" + id);
      const File* file = find(files, system + "/" + header);
      if (!file) note("there is no " + system + "/" + header);
      if (file && !mentions(file, "class " + type)) note(header + " has no class " + type);
      // A contract test either goes through the factory's own list or has a row for each.
      const bool all_have_rows = mentions(contract, family + "_choices()");
      if (!all_have_rows && !mentions(contract, "\"" + id + "\"") && !mentions(contract, type)) {
        note("no row in tests/" + system + "/" + family + "_contract_test.cpp");
      }
      if (!mentions(page, "`" + id + "`") || !links_to_file(page, header)) {
        note("no place in " + system + "/README.md: its name in code and a link to " + header);
      }
    }
  }
  return findings;
}

// Whether the contract test includes `path`, itself or through a header of the tests beside it, or that one's .cpp.
bool runs(const std::vector<File>& files, const File* contract, const std::string& path) {
  if (!contract) return false;
  if (mentions(contract, path)) return true;
  return std::any_of(contract->lines.begin(), contract->lines.end(), [&](const std::string& line) {
    const std::string shared(included(line));
    if (sample(shared, "").folder() != contract->folder()) return false;
    return mentions(find(files, shared), path) ||
           mentions(find(files, shared.substr(0, shared.size() - 1) + "cpp"), path);
  });
}

// Implementations of an interface (noun.h, noun_QUALIFIER.h) that its contract test does not include.
Findings outside_of_their_contract(const std::vector<File>& files) {
  Findings findings;
  for (const File& interface : files) {
    const std::string family = interface.stem();
    const bool in_system = std::find(systems().begin(), systems().end(), interface.folder()) != systems().end();
    if (!in_system || !interface.is_header() || !mentions(&interface, "virtual ~" + type_name(family))) continue;
    const std::string name = family + "_contract_test.cpp";
    const std::string contract_path = "tests/" + interface.folder() + "/" + name;
    const File* contract = find(files, contract_path);
    if (!contract) contract = find(files, "tests/services/" + name);  // all of them need a real engine
    const bool through_factory = mentions(contract, "/make_" + family + ".h\"");
    for (const File& file : files) {
      const bool implements = file.folder() == interface.folder() && file.is_header() &&
                              file.stem().starts_with(family + "_") && mentions(&file, "public " + type_name(family));
      if (!implements || through_factory || runs(files, contract, file.path)) continue;
      findings.push_back({file.path, 1, "not run by " + contract_path});
    }
  }
  return findings;
}

}  // namespace

TEST_CASE("an alternative that lacks its file, its type, its test or its place is found") {
  const File factory = sample("chat/make_bus.cpp", "choices = {\n    {\"local\", \"this process\"},\n};\n");
  const File file = sample("chat/bus_local.h", "class BusLocal final : public Bus {\n");
  const File test = sample("tests/chat/bus_contract_test.cpp", "for (const auto& each : bus_choices())\n");
  const File page = sample("chat/README.md", "`local` ([bus_local.h](bus_local.h))\n");
  CHECK(scattered_alternatives({factory, file, test, page}).empty());
  CHECK(scattered_alternatives({factory, test, page}).size() == 1);
  CHECK(scattered_alternatives({factory, file, page}).size() == 1);
  CHECK(scattered_alternatives({factory, file, test}).size() == 1);
  CHECK(scattered_alternatives({factory, sample("chat/bus_local.h", "class Other {\n"), test, page}).size() == 1);
  CHECK(scattered_alternatives({sample("chat/make_bus.cpp", "\n")}).size() == 1);
}

TEST_CASE("an implementation that its contract test does not run is found") {
  const File interface = sample("chat/history.h", "virtual ~History() = default;\n");
  const File memory = sample("chat/history_memory.h", "class HistoryMemory final : public History {\n");
  const std::string contract = "tests/chat/history_contract_test.cpp";
  CHECK(outside_of_their_contract({interface, memory}).size() == 1);
  const auto found_with = [&](std::string_view include) {
    return outside_of_their_contract({interface, memory, sample(contract, include)}).size();
  };
  CHECK(found_with("#include \"chat/history.h\"\n") == 1);
  CHECK(found_with("#include \"chat/history_memory.h\"\n") == 0);
  CHECK(found_with("#include \"chat/make_history.h\"\n") == 0);
  const File shared = sample("tests/chat/histories_under_test.h", "#include \"chat/history_memory.h\"\n");
  const File indirect = sample(contract, "#include \"tests/chat/histories_under_test.h\"\n");
  CHECK(outside_of_their_contract({interface, memory, shared, indirect}).empty());
  const File header = sample("tests/chat/histories_under_test.h", "class HistoriesUnderTest;\n");
  const File source = sample("tests/chat/histories_under_test.cpp", "#include \"chat/history_memory.h\"\n");
  CHECK(outside_of_their_contract({interface, memory, header, source, indirect}).empty());
  CHECK(outside_of_their_contract({interface, memory, header, indirect}).size() == 1);
}

TEST_CASE("every alternative has one name in file, type, contract test and study page") {
  expect_none(scattered_alternatives(tree()));
}

TEST_CASE("every implementation of an interface is run by the interface's contract test") {
  expect_none(outside_of_their_contract(tree()));
}
