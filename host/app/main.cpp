// The command line: what it knows is the table in command_table.cpp.

#include "host/app/command.hpp"

int main(int argc, char** argv) {
  return cadre::app::run_command_line(argc, argv);
}
