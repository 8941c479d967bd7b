// SPDX-License-Identifier: Apache-2.0
// What a C++ program needs of its image: streams, exceptions through a library's frames, locales,
// threads, the standard library's containers.
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

int main(int argc, char **argv)
{
	std::vector<std::string> words(argv + 1, argv + argc);
	std::map<std::string, int> counts;
	std::string caught;
	int sum = 0;

	for (const auto &word : words)
		counts[word]++;
	std::thread worker([&] {
		for (int i = 1; i <= 100; i++)
			sum += i;
	});
	worker.join();
	try {
		caught = words.at(words.size());
	} catch (const std::out_of_range &e) {
		caught = "out_of_range";
	}
	try {
		std::stoi("no number");
	} catch (const std::exception &e) {
		caught += std::string(" ") + e.what();
	}
	std::ostringstream text;
	for (const auto &[word, n] : counts)
		text << word << '=' << n << ' ';
	std::cout << text.str() << "caught=" << caught << " sum=" << sum << " uid=" << getuid()
		  << std::endl;
	return std::cout.good() ? 0 : 1;
}
