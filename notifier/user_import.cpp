#include "notifier/user_import.h"

#include "common/json.h"
#include "notifier/user_json.h"

namespace notifier {

namespace json = common::json;

void UserImport::add(std::string_view part) {
  while (!part.empty()) {
    const auto end = part.find('\n');
    const auto piece = part.substr(0, end);
    if (end == std::string_view::npos) {
      if (!skipping_) rest_.append(piece);
      if (rest_.size() > line_max) {
        skipping_ = true;
        rest_.clear();
      }
      return;
    }
    part.remove_prefix(end + 1);
    if (skipping_ || rest_.size() + piece.size() > line_max) {
      ++number_;
      refuse("is longer than 65536 bytes");
    } else if (rest_.empty()) {
      line(piece);
    } else {
      rest_.append(piece);
      line(rest_);
    }
    skipping_ = false;
    rest_.clear();
  }
}

void UserImport::end() {
  if (skipping_ || !rest_.empty()) add("\n");
}

void UserImport::line(std::string_view text) {
  ++number_;
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.find_first_not_of(" \t") == std::string_view::npos) return;
  const auto parsed = common::parse_json(text);
  if (parsed.has_error()) return refuse("is no JSON: " + parsed.error().message);
  if (!parsed->is_object()) return refuse("is no JSON object");
  auto user = parse_user(parsed->as_object(), "");
  if (auto* problems = std::get_if<std::vector<common::http::Problem>>(&user)) {
    std::string text_of_all;
    for (const auto& [field, problem] : *problems)
      text_of_all.append(text_of_all.empty() ? "" : "; ").append(field).append(" ").append(problem);
    return refuse(std::move(text_of_all));
  }
  users_.push_back(std::move(std::get<User>(user)));
}

void UserImport::refuse(std::string problem) {
  ++refused_;
  if (problems_.size() < problems_max) problems_.push_back({number_, std::move(problem)});
}

std::string UserImport::answer() const {
  json::object answer;
  answer["stored"] = stored_;
  answer["refused"] = refused_;
  json::array problems;
  for (const auto& [number, problem] : problems_)
    problems.push_back(json::object{{"line", number}, {"problem", problem}});
  answer["problems"] = std::move(problems);
  return json::serialize(answer);
}

}  // namespace notifier
