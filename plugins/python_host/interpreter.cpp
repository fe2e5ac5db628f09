#include "interpreter.hpp"

#include <dlfcn.h>
#include <stdlib.h>

#include <algorithm>
#include <vector>

#include "agents.hpp"

__asm__(
    ".pushsection .rodata\n"
    ".hidden cadre_module_text\n.globl cadre_module_text\ncadre_module_text:\n"
    ".incbin \"" CADRE_PYTHON_MODULE
    "\"\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char cadre_module_text[];

namespace cadre::python_host {

namespace {

Loaded& own() {
  // Never destroyed: Python objects cannot be dropped when the process ends.
  static Loaded& loaded = *new Loaded;
  return loaded;
}

/// Extension modules expect to find the interpreter among the libraries that everybody sees; the host opened
/// this one for itself alone.
bool show_interpreter() {
  return dlopen(CADRE_PYTHON_LIBRARY, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD) != nullptr;
}

/// Nothing of the environment, of the user or of the folder it runs in; always the same hashes. Returns why
/// it does not start.
std::string start_interpreter() {
  // One thread: sums of matrices must not depend on how many there are.
  for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"})
    setenv(name, "1", 1);
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  before.utf8_mode = 1;
  PyStatus status = Py_PreInitialize(&before);
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.use_hash_seed = 1;
  config.hash_seed = 0;
  config.site_import = 0;
  config.write_bytecode = 0;
  config.buffered_stdio = 0;
  config.install_signal_handlers = 0;
  config.pathconfig_warnings = 0;
  config.module_search_paths_set = 1;
  for (const wchar_t* folder :
       {CADRE_PYTHON_STDLIB, CADRE_PYTHON_STDLIB L"/lib-dynload", CADRE_PYTHON_PACKAGES}) {
    if (PyStatus_Exception(status) == 0)
      status = PyWideStringList_Append(&config.module_search_paths, folder);
  }
  if (PyStatus_Exception(status) == 0) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status) == 0) return {};
  return std::string("the interpreter does not start: ") +
         (status.err_msg != nullptr ? status.err_msg : "it does not say why");
}

/// A module of this text, known by its name; null with an exception pending.
Owned run_module(const std::string& name, const std::string& text, const std::string& file) {
  const Owned code(Py_CompileString(text.c_str(), file.c_str(), Py_file_input));
  return code ? Owned(PyImport_ExecCodeModule(name.c_str(), code.get())) : Owned();
}

/// What all agents of a process share. False with an exception pending.
bool import_cadre(Loaded& loaded) {
  PyObject* modules = PyImport_GetModuleDict();
  loaded.cadre = Owned::borrowed(PyDict_GetItemString(modules, "cadre"));
  if (!loaded.cadre) loaded.cadre = run_module("cadre", cadre_module_text, "cadre.py");
  if (!loaded.cadre) return false;
  loaded.refusal = Owned(PyObject_GetAttrString(loaded.cadre.get(), "Refusal"));
  loaded.signal = Owned(PyObject_GetAttrString(loaded.cadre.get(), "Signal"));
  loaded.event = Owned(PyObject_GetAttrString(loaded.cadre.get(), "Event"));
  const Owned json(PyImport_ImportModule("json"));
  if (json) loaded.json_loads = Owned(PyObject_GetAttrString(json.get(), "loads"));
  return loaded.refusal && loaded.signal && loaded.event && loaded.json_loads;
}

/// Runs the author's file. False with an exception pending.
bool run_script(Loaded& loaded) {
  const Script& script = *loaded.script;
  if (script.text.find('\0') != std::string_view::npos) {
    PyErr_SetString(PyExc_ValueError, "the file has a zero byte in it");
    return false;
  }
  std::string name(script.plugin_id);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '/' || c == '-'; }, '_');
  const Owned module = run_module(name, std::string(script.text), std::string(script.file));
  if (!module) return false;
  loaded.agents = Owned(PyObject_GetAttrString(module.get(), "AGENTS"));
  if (!loaded.agents) {
    PyErr_Clear();
    PyErr_Format(loaded.refusal.get(), "%s has no AGENTS = {\"id\": Class}",
                 std::string(script.file).c_str());
    return false;
  }
  return true;
}

/// Returns why there is no interpreter.
std::string bring_up(bool is_first) {
  if (!show_interpreter()) return "the interpreter " CADRE_PYTHON_LIBRARY " is not loaded";
  return is_first ? start_interpreter() : std::string();
}

/// All that needs the interpreter.
void fill(Loaded& loaded) {
  const InterpreterLock lock;
  const bool all = import_numpy() && make_view_types(loaded.state, loaded.targets) && import_cadre(loaded) &&
                   run_script(loaded);
  if (!all) loaded.problem = loaded.take_failure().sentence;
  take_classes(loaded);
}

}  // namespace

Failure Loaded::take_failure() const {
  return python_host::take_failure(std::string(script->file), refusal.get());
}

const Loaded& loaded() {
  return own();
}

void load(const Script& script) {
  Loaded& loaded = own();
  loaded.script = &script;
  const bool is_first = Py_IsInitialized() == 0;
  loaded.problem = bring_up(is_first);
  if (!loaded.problem.empty()) return take_classes(loaded);
  fill(loaded);
  if (is_first) PyEval_SaveThread();
}

}  // namespace cadre::python_host
