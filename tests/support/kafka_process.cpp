#include "tests/support/kafka_process.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "common/kafka/client.h"
#include "tests/support/free_port.h"

namespace testing {
namespace {

namespace fs = std::filesystem;

// BINARY_DIR is build/PRESET/bin.
fs::path jars() {
  return fs::path(BINARY_DIR).parent_path().parent_path() / "services/kafka-jars";
}

std::vector<std::string> java(const std::string& main_class, std::vector<std::string> arguments) {
  std::vector<std::string> command{"java",
                                   "-Xms128m",
                                   "-Xmx256m",
                                   "-XX:+UseSerialGC",
                                   "-XX:-UsePerfData",
                                   "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                                   "-cp",
                                   (jars() / "*").string(),
                                   main_class};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

std::string KafkaProcess::lacking() {
  if (!fs::exists(jars())) return "no Kafka jars: ./run services up";
  return "";
}

KafkaProcess::KafkaProcess() : port_(free_port()) {
  const auto controller = std::to_string(free_port());
  const auto port = std::to_string(port_);
  std::ofstream(folder_.path() / "server.properties")
      << "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:" << controller
      << "\ncontroller.listener.names=CONTROLLER\nlisteners=PLAINTEXT://127.0.0.1:" << port
      << ",CONTROLLER://127.0.0.1:" << controller
      << "\nlistener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs="
      << (folder_.path() / "data").string()
      << "\nlog.segment.bytes=16777216\noffsets.topic.num.partitions=4\noffsets.topic.replication.factor=1\n"
         "transaction.state.log.num.partitions=4\ntransaction.state.log.replication.factor=1\ntransaction.state.log."
         "min.isr=1\n"
         "group.initial.rebalance.delay.ms=0\n";
  const auto properties = (folder_.path() / "server.properties").string();
  const auto formatted =
      run_program(java("kafka.tools.StorageTool", {"format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", properties}));
  if (formatted.exit_code != 0) throw std::runtime_error("kafka format: " + formatted.errors);
  start();
}

void KafkaProcess::start() {
  process_ = std::make_unique<ChildProcess>(java("kafka.Kafka", {(folder_.path() / "server.properties").string()}));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  for (;;) {
    try {
      common::kafka::create_topics(brokers(), {{"ready", 1}});
      return;
    } catch (const std::exception& error) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error(error.what() + process_->errors());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{200});  // between two questions
  }
}

}  // namespace testing
