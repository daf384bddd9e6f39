#include "rate_limiter/rules_toml.h"

#include <toml++/toml.h>

#include <set>
#include <sstream>

#include "common/text.h"
#include "common/units.h"

namespace rate_limiter {
namespace {

// A mistake in the file; caught by parse_rules().
struct Mistake {
  std::size_t line;
  std::string what;
};

// One table of the file: its fields by type, and what it has no field for.
class Fields {
 public:
  Fields(const toml::table& table, std::string name) : table_(table), name_(std::move(name)) {}

  std::size_t line() const { return table_.source().begin.line; }
  bool has(std::string_view field) const { return table_.contains(field); }

  [[noreturn]] void refuse(std::string_view field, const std::string& problem) const {
    const auto* node = table_.get(field);
    throw Mistake{node ? node->source().begin.line : line(), name_ + ": " + std::string(field) + " " + problem};
  }
  void accept_only(std::initializer_list<std::string_view> accepted) const {
    std::string list;
    for (const auto field : accepted)
      list.append(list.empty() ? "" : ", ").append(field);
    for (const auto& [key, node] : table_) {
      if (std::find(accepted.begin(), accepted.end(), key.str()) == accepted.end()) {
        throw Mistake{key.source().begin.line,
                      name_ + ": '" + std::string(key.str()) + "' is unknown; accepted: " + list};
      }
    }
  }
  std::optional<std::int64_t> integer(std::string_view field) const {
    const auto* node = table_.get(field);
    if (!node) return std::nullopt;
    if (!node->is_integer()) refuse(field, "must be a whole number");
    return node->as_integer()->get();
  }
  std::optional<std::string> text(std::string_view field) const {
    const auto* node = table_.get(field);
    if (!node) return std::nullopt;
    if (!node->is_string()) refuse(field, "must be a string");
    return node->as_string()->get();
  }
  std::optional<Ticks> period(std::string_view field) const {
    const auto written = text(field);
    if (!written) return std::nullopt;
    const auto duration = common::parse_duration(*written);
    if (duration.has_error()) refuse(field, duration.error().message);
    if (*duration % std::chrono::microseconds{1} != common::Duration{0}) refuse(field, "must be whole microseconds");
    return std::chrono::duration_cast<std::chrono::microseconds>(*duration).count();
  }
  const toml::table& table() const { return table_; }

 private:
  const toml::table& table_;
  std::string name_;
};

LimitNumbers numbers_of(const Fields& fields) {
  return {fields.integer("limit"), fields.period("period"), fields.integer("burst")};
}

// `base`: whose numbers stand where `own` has none.
Limit limit_of(const Fields& fields, Algorithm algorithm, const LimitNumbers& own, const LimitNumbers& base,
               std::int64_t log_max) {
  if (!own.limit && !base.limit) fields.refuse("limit", "is missing");
  if (!own.period && !base.period) fields.refuse("period", "is missing");
  const auto made = make_limit(algorithm, own, base, log_max);
  if (const auto* refused = std::get_if<LimitRefused>(&made)) fields.refuse(refused->field, refused->problem);
  return std::get<Limit>(made);
}

const toml::array& tables_of(const toml::table& table, const char* name, std::size_t line) {
  static const toml::array none;
  const auto* node = table.get(name);
  if (!node) return none;
  const bool tables = node->is_array() && node->as_array()->is_homogeneous(toml::node_type::table);
  if (!tables && !(node->is_array() && node->as_array()->empty())) {
    throw Mistake{std::max<std::size_t>(line, node->source().begin.line),
                  std::string(name) + " must be tables, each under its [[" + name + "]]"};
  }
  return *node->as_array();
}

void add_overrides(Rule& rule, const toml::table& table, std::size_t line, const LimitNumbers& base,
                   std::int64_t log_max) {
  for (const auto& node : tables_of(table, "override", line)) {
    const Fields fields(*node.as_table(), "override of rule '" + rule.name + "'");
    fields.accept_only({"key", "limit", "period", "burst"});
    const auto key = fields.text("key");
    if (!key) fields.refuse("key", "is missing");
    if (key->empty() || key->size() > key_bytes_max) fields.refuse("key", "must be 1 to 1024 bytes");
    const Limit limit = limit_of(fields, rule.base.limit.algorithm, numbers_of(fields), base, log_max);
    if (!rule.overrides.try_emplace(*key, rule.name, limit).second) fields.refuse("key", "has an override already");
  }
}

Rule rule_of(const toml::table& table, std::int64_t log_max) {
  Fields unnamed(table, "rule");
  const auto name = unnamed.text("name");
  if (!name) unnamed.refuse("name", "is missing");
  if (!is_rule_name(*name)) unnamed.refuse("name", "must be 1 to 64 of A-Z a-z 0-9 _ . -");
  const Fields fields(table, "rule '" + *name + "'");
  fields.accept_only({"name", "algorithm", "limit", "period", "burst", "mode", "trace", "override"});

  Algorithm algorithm = Algorithm::token_bucket;
  if (const auto id = fields.text("algorithm")) {
    const auto known = parse_algorithm(*id);
    std::string list;
    for (const auto& each : algorithms)
      list.append(list.empty() ? "" : ", ").append(each.id);
    if (!known) fields.refuse("algorithm", "'" + *id + "' is unknown; there are " + list);
    algorithm = *known;
  }
  const LimitNumbers numbers = numbers_of(fields);
  Rule rule(*name, limit_of(fields, algorithm, numbers, {}, log_max));
  if (const auto mode = fields.text("mode")) {
    if (*mode != "enforce" && *mode != "shadow") fields.refuse("mode", "must be enforce or shadow");
    rule.mode = *mode == "shadow" ? Mode::shadow : Mode::enforce;
  }
  if (const auto trace = fields.integer("trace")) {
    if (*trace < 0 || *trace > trace_max) fields.refuse("trace", "must be from 0 to " + std::to_string(trace_max));
    rule.trace = static_cast<std::uint32_t>(*trace);
  }
  add_overrides(rule, table, fields.line(), numbers, log_max);
  return rule;
}

std::vector<Rule> rules_of(const toml::table& file, std::int64_t log_max) {
  Fields(file, "the file").accept_only({"rule"});
  std::vector<Rule> rules;
  std::set<std::string> names;
  for (const auto& node : tables_of(file, "rule", 1)) {
    Rule rule = rule_of(*node.as_table(), log_max);
    if (!names.insert(rule.name).second) {
      const auto* name = node.as_table()->get("name");
      throw Mistake{name->source().begin.line, "there is a rule '" + rule.name + "' already"};
    }
    if (rules.size() >= rules_max) throw Mistake{node.source().begin.line, "more than 1000 rules"};
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

common::Result<std::vector<Rule>> parse_rules(std::string_view text, const std::string& file, std::int64_t log_max) {
  const auto invalid = [&](std::size_t line, std::string_view what) {
    return common::Error{common::Failure::invalid, file + ":" + std::to_string(line) + ": " + std::string(what)};
  };
  try {
    return rules_of(toml::parse(text, file), log_max);
  } catch (const Mistake& mistake) {
    return invalid(mistake.line, mistake.what);
  } catch (const toml::parse_error& error) {
    return invalid(error.source().begin.line, error.description());
  }
}

}  // namespace rate_limiter
