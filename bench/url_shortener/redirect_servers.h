// The servers whose redirects are compared, made to answer the same bytes.
//
// Our server is asked once; raw_epoll then answers exactly these bytes, and nginx as many. Each
// server gets the same request for the same path. Shared by the rows of one comparison; used by one
// thread.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/baselines/nginx.h"
#include "bench/core/comparison.h"
#include "bench/load/server_subject.h"

namespace bench::url_shortener_bench {

class RedirectServers {
 public:
  // Each throws std::runtime_error when the server cannot be started.
  load::RunningServer raw_epoll(Environment& environment);
  load::RunningServer nginx(Environment& environment);
  load::RunningServer url_shortener(Environment& environment, unsigned threads,
                                    const std::vector<std::string>& flags = {});

  // The path that redirects.
  std::string target(Environment& environment);

 private:
  // What our server answers, asked once.
  struct Model {
    std::filesystem::path data;  // its database, with one link; empty when there is no such program
    std::string target;
    std::string location;
    std::string answer;
  };
  const Model& model(Environment& environment);
  const NginxSite& site(Environment& environment);

  std::optional<Model> model_;
  std::optional<NginxSite> site_;
};

// url_shortener on its defaults (SQLite, local cache, metrics, click counting, access log of
// errors), but for `flags`, over the database in `data`.
load::RunningServer start_url_shortener(Environment& environment, const std::filesystem::path& data, unsigned threads,
                                        const std::vector<std::string>& flags = {});

}  // namespace bench::url_shortener_bench
