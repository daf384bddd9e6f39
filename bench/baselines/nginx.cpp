#include "bench/baselines/nginx.h"

#include <sstream>
#include <string_view>

namespace bench {

std::string nginx_config(const NginxSite& site, const Endpoint& listen,
                         const std::filesystem::path& folder, bool as_root) {
  const std::string dir = folder.string();
  std::ostringstream out;
  if (as_root) out << "user root;\n";
  out << "daemon off;\n"
         "worker_processes 1;\n"
         "error_log stderr warn;\n"
         "pid "
      << dir
      << "/nginx.pid;\n"
         "events { worker_connections 4096; }\n"
         "http {\n"
         "  access_log off;\n"
         "  keepalive_requests 1000000000;\n"
         "  keepalive_timeout 75s;\n"
         "  tcp_nodelay on;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    out << "  " << kind << "_temp_path " << dir << "/" << kind << ";\n";
  }
  out << "  server {\n"
         "    listen "
      << listen.authority()
      << " backlog=4096;\n"
         "    location / {\n";
  for (const auto& [name, value] : site.headers) {
    out << "      add_header " << name << " \"" << value << "\" always;\n";
  }
  out << "      return 302 \"" << site.location
      << "\";\n"
         "    }\n"
         "  }\n"
         "}\n";
  return out.str();
}

NginxSite padded(NginxSite site, std::size_t bytes, std::size_t wanted) {
  constexpr std::string_view name = "X-Padding";
  constexpr std::size_t shortest = name.size() + 4 + 1;  // ": ", CR LF and one byte
  if (wanted < bytes + shortest) return site;
  site.headers.emplace_back(name, std::string(wanted - bytes - shortest + 1, 'x'));
  return site;
}

}  // namespace bench
