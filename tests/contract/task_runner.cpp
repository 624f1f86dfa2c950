#include "stages.hpp"
#include <keenlance/system/task_runner.hpp>

#include <support/catch.hpp>

#include <algorithm>

namespace task_runner_contract {

using namespace keenlance;
using enum ProcessState;

namespace {

Task restart_of(const Namespec& id, int pid, std::int64_t start) {
    Task task;
    task.id = id;
    task.judged = Incarnation{pid, start};
    return task;
}

/// A TaskRunner and what it reports.
template <class StageType>
class Restarting {
  public:
    Restarting()
        : tasks_(stage_.reactor(), stage_.supervisor(),
                 [this](const TaskProgress& progress) { reports_.push_back(progress); }) {}

    StageType& stage() { return stage_; }

    /// Judges the process that runs now.
    ProcessInfo restart(const Namespec& id) {
        auto judged = stage_.ask(api::get_process_info(id)).value();
        restart(id, judged.pid, judged.start);
        return judged;
    }
    void restart(const Namespec& id, int pid, std::int64_t start) {
        tasks_.begin(restart_of(id, pid, start));
    }

    /// Waits for that report about it.
    TaskProgress report(const Namespec& id, TaskStage stage) {
        const auto is_it = [&](const TaskProgress& each) { return each.id == id && each.stage == stage; };
        const auto came = [&] { return std::ranges::any_of(reports_, is_it); };
        if (!stage_.reactor().run_until(came, Reactor::now() + patience))
            throw std::runtime_error(id.full() + ": no such report");
        return *std::ranges::find_if(reports_, is_it);
    }

    [[nodiscard]] std::size_t reports() const { return reports_.size(); }
    void stop(const Namespec& id) {
        REQUIRE(stage_.ask(api::stop_process(id, Wait::no)));
        stage_.wait_for(id, stopped);
    }

  private:
    StageType stage_;
    std::vector<TaskProgress> reports_;
    TaskRunner tasks_;
};

}  // namespace

TEMPLATE_TEST_CASE("a restarted process has a new pid", "[task_runner]", FakeStage, RealStage) {
    Restarting<TestType> restarting;
    const Namespec web{"web", "web"};
    restarting.stage().start(web);
    const auto before = restarting.restart(web);
    const auto report = restarting.report(web, TaskStage::reached);
    const auto after = restarting.stage().ask(api::get_process_info(web)).value();
    CHECK(after.state == running);
    CHECK(after.pid != before.pid);
    CHECK(report.detail == "pid " + std::to_string(after.pid));
    CHECK(restarting.reports() == 1);
    restarting.stop(web);
}

TEMPLATE_TEST_CASE("a process that is another by now, or none, is spared", "[task_runner]", FakeStage,
                   RealStage) {
    Restarting<TestType> restarting;
    const Namespec spared{"spared", "spared"}, nobody{"nobody", "nobody"};
    const auto info = restarting.stage().start(spared);
    SECTION("another pid") {
        restarting.restart(spared, info.pid + 1, info.start);
        CHECK(restarting.report(spared, TaskStage::spared).detail.find("another process") !=
              std::string::npos);
    }
    SECTION("the same pid in another life") {
        restarting.restart(spared, info.pid, info.start - 100);
        restarting.report(spared, TaskStage::spared);
    }
    SECTION("a name nobody has") {
        restarting.restart(nobody, info.pid, info.start);
        restarting.report(nobody, TaskStage::spared);
    }
    const auto after = restarting.stage().ask(api::get_process_info(spared)).value();
    CHECK(after.pid == info.pid);
    CHECK(after.state == running);
    restarting.stop(spared);
    SECTION("one that is stopped is not started") {
        restarting.restart(spared, info.pid, info.start);
        restarting.report(spared, TaskStage::spared);
        CHECK(restarting.stage().ask(api::get_process_info(spared)).value().state == stopped);
    }
    CHECK(restarting.reports() == 1);
}

TEMPLATE_TEST_CASE("a process that ignores SIGTERM is restarted once it was killed", "[task_runner]",
                   FakeStage, RealStage) {
    Restarting<TestType> restarting;
    const Namespec stubborn{"stubborn", "stubborn"};
    restarting.stage().wait_until_deaf(restarting.stage().start(stubborn));
    const auto before = restarting.restart(stubborn);
    restarting.stage().wait_for(stubborn, stopping);
    restarting.report(stubborn, TaskStage::reached);
    const auto after = restarting.stage().ask(api::get_process_info(stubborn)).value();
    CHECK(after.state == running);
    CHECK(after.pid != before.pid);
}

TEMPLATE_TEST_CASE("a start that fails is tried again until it works", "[task_runner]", FakeStage,
                   RealStage) {
    Restarting<TestType> restarting;
    const Namespec removed{"removed", "removed"};
    restarting.stage().start(removed);
    restarting.stage().hide_command(removed);
    const auto before = restarting.restart(removed);
    const auto failed = restarting.report(removed, TaskStage::start_failed);
    CHECK(failed.detail.find("NO_FILE: can't find command") != std::string::npos);
    CHECK(failed.detail.find("trying again in 2 s") != std::string::npos);
    CHECK(restarting.stage().ask(api::get_process_info(removed)).value().state == stopped);

    restarting.stage().show_command(removed);
    restarting.report(removed, TaskStage::reached);
    const auto after = restarting.stage().ask(api::get_process_info(removed)).value();
    CHECK(after.state == running);
    CHECK(after.pid != before.pid);
    restarting.stop(removed);
}

TEMPLATE_TEST_CASE("two processes are restarted side by side, and each once", "[task_runner]", FakeStage,
                   RealStage) {
    Restarting<TestType> restarting;
    const Namespec left{"pair", "left"}, right{"pair", "right"};
    restarting.stage().start(left);
    restarting.stage().start(right);
    const auto left_before = restarting.stage().ask(api::get_process_info(left)).value();
    const auto right_before = restarting.stage().ask(api::get_process_info(right)).value();
    restarting.restart(left, left_before.pid, left_before.start);
    restarting.restart(right, right_before.pid, right_before.start);
    restarting.restart(left, left_before.pid, left_before.start);
    CHECK(restarting.report(left, TaskStage::spared).detail == "it is being restarted already");
    // Both are on their way at once: neither waits until the other is through.
    bool together = false;
    const auto both_are_through = [&] {
        const auto of = [&](const Namespec& id) {
            return restarting.stage().ask(api::get_process_info(id)).value();
        };
        const auto left_now = of(left), right_now = of(right);
        if (left_now.state != running && right_now.state != running) together = true;
        return left_now.state == running && left_now.pid != left_before.pid && right_now.state == running &&
               right_now.pid != right_before.pid;
    };
    CHECK(eventually(both_are_through));
    CHECK(together);
    restarting.report(left, TaskStage::reached);
    restarting.report(right, TaskStage::reached);
    CHECK(restarting.reports() == 3);
    restarting.stop(left);
    restarting.stop(right);
}

TEMPLATE_TEST_CASE("a TaskRunner that is gone reports nothing more", "[task_runner]", FakeStage, RealStage) {
    TestType stage;
    const Namespec dropped{"dropped", "dropped"};
    const auto info = stage.start(dropped);
    bool reported = false;
    {
        TaskRunner tasks(stage.reactor(), stage.supervisor(),
                         [&reported](const TaskProgress&) { reported = true; });
        tasks.begin(restart_of(dropped, info.pid, info.start));
    }
    CHECK_FALSE(stage.reactor().run_until([&reported] { return reported; }, Reactor::now() + Duration{100}));
    CHECK(stage.ask(api::get_process_info(dropped)).value().pid == info.pid);
    REQUIRE(stage.ask(api::stop_process(dropped, Wait::no)));
    stage.wait_for(dropped, stopped);
}

}  // namespace task_runner_contract
