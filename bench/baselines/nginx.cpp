#include "bench/baselines/nginx.h"

#include <sstream>

namespace bench {

std::string nginx_config(const NginxSite& site, const Endpoint& listen, const std::filesystem::path& folder,
                         bool as_root) {
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
  if (!site.cache_control.empty()) {
    out << "      add_header Cache-Control \"" << site.cache_control << "\";\n";
  }
  out << "      return 302 \"" << site.location
      << "\";\n"
         "    }\n"
         "  }\n"
         "}\n";
  return out.str();
}

std::string fitted_location(const std::string& location, std::size_t bytes, std::size_t wanted) {
  std::string url = "https://www.example.com/";
  const std::size_t length = location.size() + wanted < bytes ? 0 : location.size() + wanted - bytes;
  if (length > url.size()) url += std::string(length - url.size(), 'x');
  return url;
}

}  // namespace bench
