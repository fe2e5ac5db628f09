// The command line: what it knows is the table in command_table.cpp.

#include "host/app/command_line.hpp"

int main(int argc, char** argv) {
  return cadre::app::CommandLine().run(argc, argv);
}
