#include <keenlance/core/python_text_internal.hpp>
#include <keenlance/core/server_choice.hpp>
#include <keenlance/core/text.hpp>

namespace keenlance {

namespace {

/// Reads options of one section; the first Error is kept.
class SectionReader {
  public:
    SectionReader(const Config& config, const PercentValues& values, std::string section)
        : config_(config), values_(values), section_(std::move(section)) {}

    std::string text(std::string_view option) {
        auto value = expanded_option(config_, values_, section_, option);
        if (!value) {
            error = value.error();
            return {};
        }
        return *value ? std::string(python::strip(**value)) : std::string();
    }

    std::optional<Error> error;

  private:
    const Config& config_;
    const PercentValues& values_;
    const std::string section_;
};

/// "*:9001", ":9001" and "9001" listen on all addresses; this machine's own is one of them.
std::string url_of_port(std::string port) {
    const auto colon = port.rfind(':');
    const std::string host = colon == std::string::npos ? "" : port.substr(0, colon);
    if (colon != std::string::npos) port.erase(0, colon + 1);
    const bool any = host.empty() || host == "*" || host == "0.0.0.0";
    return "http://" + (any ? "127.0.0.1" : host) + ":" + port;
}

}  // namespace

Result<ServerAddress> login_of(const Config& config, const ConfigFacts& facts) {
    auto values = config_values(config, facts);
    if (!values) return values.error();
    (*values)["host_node_name"] = facts.host_node_name;
    ServerAddress login;
    if (!config.find("supervisorctl")) return login;
    SectionReader reader(config, *values, "supervisorctl");
    login.user = reader.text("username");
    login.password = reader.text("password");
    if (reader.error) return *reader.error;
    return login;
}

Result<ServerAddress> server_of(const Config& config, const ConfigFacts& facts) {
    auto values = config_values(config, facts);
    if (!values) return values.error();
    (*values)["host_node_name"] = facts.host_node_name;
    std::string url;
    for (const std::string section : {"supervisorctl", "unix_http_server", "inet_http_server"}) {
        if (!config.find(section)) continue;
        SectionReader reader(config, *values, section);
        if (section == "supervisorctl") url = reader.text("serverurl");
        if (section == "unix_http_server") {
            const std::string file = reader.text("file");
            if (!file.empty()) url = "unix://" + python::join_path(facts.here, file);
        }
        if (section == "inet_http_server") {
            const std::string port = reader.text("port");
            if (!port.empty()) url = url_of_port(port);
        }
        const std::string user = reader.text("username");
        const std::string password = reader.text("password");
        if (reader.error) return *reader.error;
        if (url.empty()) continue;
        auto address = parse_server_address(url);
        if (!address) return address.error();
        if (!user.empty()) address->user = user;
        if (!password.empty() && !password.starts_with("{SHA}")) address->password = password;
        return address;
    }
    return Error{
        ErrorKind::invalid, 0,
        "the configuration has no [unix_http_server] and no [inet_http_server]: supervisord cannot be "
        "talked to"};
}

}  // namespace keenlance
