// SPDX-License-Identifier: Apache-2.0
#include "storage/testing/radosgw.h"

#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace lambdaml {

namespace {

// What radosgw would create one after another, each with a round through the cluster.
constexpr std::string_view kPools[] = {".rgw.root",
                                       "default.rgw.log",
                                       "default.rgw.control",
                                       "default.rgw.meta",
                                       "default.rgw.buckets.index",
                                       "default.rgw.buckets.data",
                                       "default.rgw.buckets.non-ec"};

// In memory if there is room: a cluster syncs all that it writes.
std::filesystem::path FastFolder() {
  const std::filesystem::path shared_memory = "/dev/shm";
  return std::filesystem::is_directory(shared_memory) ? shared_memory : std::filesystem::path();
}

Result<std::string> RandomUuid() { return std::string(Trim(TRY(RunCommand({"cat", "/proc/sys/kernel/random/uuid"})))); }

}  // namespace

Radosgw::Radosgw(TemporaryFolder folder)
    : folder_(std::move(folder)),
      bucket_(port_, {.access_key = "test-access", .secret_key = "test-secret"}, "bucket") {}

Result<std::shared_ptr<Radosgw>> Radosgw::Launch() {
  std::shared_ptr<Radosgw> server(new Radosgw(TRY(TemporaryFolder::Make(FastFolder()))));
  TRY(server->StartCluster().Context("starting radosgw"));
  TRY(server->Start());
  TRY(server->bucket_.Create());
  return server;
}

Result<void> Radosgw::StartCluster() {
  const std::string cluster_id = TRY(RandomUuid());
  TRY(WriteConfiguration(cluster_id));
  TRY(MakeKeys());
  TRY(StartMonitor(cluster_id));
  TRY(StartObjectStore());
  return MakeAccount();
}

Result<void> Radosgw::WriteConfiguration(const std::string& cluster_id) const {
  std::error_code ignored;
  for (const char* const name : {"mon", "osd", "run", "log", "rgw"}) {
    std::filesystem::create_directory(folder_.path() / name, ignored);
  }
  const std::string& folder = folder_.path().native();
  // Authentication stays on: radosgw does not start without.
  const std::string text = StrCat(
      "[global]\nfsid = ", cluster_id, "\nmon_host = v2:127.0.0.1:", monitor_port_,
      "/0\nmon_initial_members = a\npublic_addr = 127.0.0.1\ncluster_addr = 127.0.0.1\nms_bind_msgr1 = false\n"
      "osd_pool_default_size = 1\nosd_pool_default_min_size = 1\nosd_crush_chooseleaf_type = 0\n"
      "osd_pool_default_pg_num = 1\nosd_pool_default_pg_autoscale_mode = off\nmon_allow_pool_size_one = true\n"
      "mon_data_avail_crit = 1\nmon_max_pg_per_osd = 1000\nosd_objectstore = memstore\n"
      "memstore_device_bytes = 4294967296\nkeyring = ",
      folder, "/keyring\nrun_dir = ", folder, "/run\nadmin_socket = ", folder, "/run/$name.asok\nlog_file = ", folder,
      "/log/$name.log\npid_file = ", folder, "/run/$name.pid\nmon_data = ", folder, "/mon\nosd_data = ", folder,
      "/osd\n[client.rgw]\nrgw_data = ", folder, "/rgw\nrgw_dns_name = localhost\n",
      // Without tcp_nodelay every small answer waits for a delayed acknowledgement.
      "rgw_frontends = beast endpoint=127.0.0.1:", port_, " tcp_nodelay=1\n");
  return WriteFileAtomically(File("ceph.conf"), AsBytes(text), Durability::kProcess);
}

Result<void> Radosgw::MakeKeys() const {
  const std::string keyring = File("keyring");
  TRY(RunCommand({"ceph-authtool", keyring, "--create-keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"}));
  for (const char* const name : {"client.admin", "client.rgw", "osd.0"}) {
    TRY(RunCommand({"ceph-authtool", keyring, "--gen-key", "-n", name, "--cap", "mon", "allow *", "--cap", "osd",
                    "allow *", "--cap", "mgr", "allow *"}));
  }
  return {};
}

Result<void> Radosgw::StartMonitor(const std::string& cluster_id) {
  TRY(RunCommand({"monmaptool", "--create", "--fsid", cluster_id, "--addv", "a",
                  StrCat("[v2:127.0.0.1:", monitor_port_, "]"), File("monmap")}));
  TRY(RunCommand(Command({"ceph-mon", "--mkfs", "-i", "a", "--monmap", File("monmap"), "--keyring", File("keyring")})));
  monitor_ = TRY(ServerProcess::Start(Command({"ceph-mon", "-f", "-i", "a"}), File("log/mon.output"),
                                      [this] { return Listens(monitor_port_); }));
  return {};
}

Result<void> Radosgw::StartObjectStore() {
  const std::string id = TRY(RandomUuid());
  TRY(RunCommand(Command({"ceph", "osd", "new", id})));
  std::vector<Result<std::string>> made(std::size(kPools), std::string());
  {
    std::vector<std::jthread> makers;
    for (std::size_t i = 0; i < std::size(kPools); ++i) {
      makers.emplace_back([this, &made, i] {
        made[i] = RunCommand(Command({"ceph", "osd", "pool", "create", std::string(kPools[i]), "1"}));
      });
    }
    TRY(RunCommand(Command({"ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", id})));
    object_store_ =
        TRY(ServerProcess::Start(Command({"ceph-osd", "-f", "-i", "0"}), File("log/osd.output"), [] { return true; }));
  }
  for (const Result<std::string>& pool : made) TRY(pool);
  return {};
}

Result<void> Radosgw::MakeAccount() const {
  TRY(RunCommand(Command({"radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=test", "--display-name=test",
                          StrCat("--access-key=", bucket_.account().access_key),
                          StrCat("--secret=", bucket_.account().secret_key)})));
  return {};
}

Result<void> Radosgw::Start() {
  gateway_ = TRY(ServerProcess::Start(Command({"radosgw", "-f", "-n", "client.rgw"}), File("log/rgw.output"),
                                      [this] { return Listens(port_); }));
  return {};
}

std::vector<std::string> Radosgw::Command(std::vector<std::string> words) const {
  words.insert(words.begin() + 1, {"-c", File("ceph.conf")});
  return words;
}

std::string Radosgw::File(std::string_view name) const { return StrCat(folder_.path().native(), "/", name); }

}  // namespace lambdaml
