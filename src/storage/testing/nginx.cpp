// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/nginx.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

constexpr std::string_view kPassOn =
    "proxy_pass http://behind;\nproxy_http_version 1.1;\nproxy_set_header Connection '';\n"
    "proxy_set_header Host $http_host;\nproxy_request_buffering off;\nproxy_buffering off;\n";

// Lua that is true for the last of N requests.
std::string OneIn(int count, std::string_view what) {
  return count == 0 ? "false" : StrCat("ngx.shared.counts:incr('", what, "', 1, 0) % ", count, " == 0");
}

std::string LuaOf(const NginxOptions& options) {
  return StrCat(
      "access_by_lua_block {\n"
      "  local alone = ",
      options.one_at_a_time ? "true" : "false",
      "\n"
      "  while alone and not ngx.shared.counts:add('busy', true) do ngx.sleep(0.001) end\n"
      "  ngx.ctx.alone = alone\n"
      "  ngx.sleep(",
      options.latency_ms, " / 1000)\n  if ", OneIn(options.throttled_one_in, "throttled"),
      " then\n"
      "    ngx.status = 503\n"
      "    ngx.header['Retry-After'] = '1'\n"
      "    ngx.header['Content-Type'] = 'application/xml'\n"
      "    ngx.print('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>')\n"
      "    return ngx.exit(503)\n"
      "  end\n"
      "  ngx.ctx.dropped = ",
      OneIn(options.dropped_one_in, "dropped"), "\n  ngx.ctx.cut = ", OneIn(options.cut_one_in, "cut"),
      "\n"
      "  ngx.ctx.pieces = 0\n"
      "}\n"
      "log_by_lua_block { if ngx.ctx.alone then ngx.shared.counts:delete('busy') end }\n"
      "header_filter_by_lua_block { if ngx.ctx.dropped then return ngx.exit(ngx.ERROR) end }\n"
      "body_filter_by_lua_block {\n"
      "  if ngx.ctx.cut then ngx.ctx.pieces = ngx.ctx.pieces + 1 end\n"
      "  if ngx.ctx.cut and ngx.ctx.pieces == 3 then return ngx.ERROR end\n"
      "}\n");
}

std::string TlsOf(const Certificates& certificates) {
  return StrCat("ssl_certificate ", certificates.certificate, ";\nssl_certificate_key ", certificates.key, ";\n");
}

}  // namespace

Result<std::shared_ptr<Nginx>> Nginx::Launch(const NginxOptions& options) {
  std::shared_ptr<Nginx> server(new Nginx(TRY(TemporaryFolder::Make()), options.tls != nullptr));
  const std::string text = server->Configuration(options);
  TRY(WriteFileAtomically(server->File("nginx.conf"), AsBytes(text), Durability::kProcess));
  TRY(server->Start());
  return server;
}

// One process, so that nothing is left when it is killed.
std::string Nginx::Configuration(const NginxOptions& options) const {
  const std::string folder = folder_.path().native();
  return StrCat(
      "load_module /usr/lib/nginx/modules/ndk_http_module.so;\n"
      "load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\n"
      "daemon off;\nmaster_process off;\npid ",
      folder, "/pid;\nevents { worker_connections 4096; }\nhttp {\nlua_shared_dict counts 1m;\nclient_body_temp_path ",
      folder, "/body;\nproxy_temp_path ", folder, "/proxy;\nfastcgi_temp_path ", folder, "/fastcgi;\nuwsgi_temp_path ",
      folder, "/uwsgi;\nscgi_temp_path ", folder, "/scgi;\nlog_format connections $connection;\naccess_log ", folder,
      "/connections.log connections;\nclient_max_body_size 0;\nkeepalive_requests 1000000;\n"
      "upstream behind { server 127.0.0.1:",
      std::max(options.port_behind, 1), "; keepalive 64; }\nserver {\nlisten 127.0.0.1:", port_, tls_ ? " ssl" : "",
      ";\n", tls_ ? TlsOf(*options.tls) : "", "location / {\n",
      options.folder.empty() ? std::string(kPassOn) : StrCat("root ", options.folder, ";\n"),
      options.drops_conditions ? "proxy_set_header If-None-Match \"\";\nproxy_set_header If-Match \"\";\n" : "",
      LuaOf(options), "}\n}\n}\n");
}

Result<void> Nginx::Start() {
  process_ = TRY(ServerProcess::Start({"nginx", "-e", File("error.log"), "-c", File("nginx.conf")}, File("output.log"),
                                      [this] { return Listens(port_); }));
  return {};
}

Result<std::vector<int>> Nginx::ConnectionsOfRequests() const {
  std::vector<int> connections;
  const Blob log = TRY(ReadFile(File("connections.log")));
  for (const std::string_view line : SplitText(log.text(), '\n')) {
    const auto number = ParseInteger(line);
    if (number) connections.push_back(static_cast<int>(*number));
  }
  return connections;
}

std::string Nginx::address() const { return StrCat("127.0.0.1:", port_); }

std::string Nginx::endpoint() const { return StrCat(tls_ ? "https://" : "http://", address()); }

std::string Nginx::File(std::string_view name) const { return StrCat(folder_.path().native(), "/", name); }

}  // namespace lambdaml
