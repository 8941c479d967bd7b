// SPDX-License-Identifier: Apache-2.0
// Throws and catches an exception, and counts the letters of a word in the user's locale: é is one
// in UTF-8 and none in C.
#include <cwctype>
#include <iostream>
#include <locale>
#include <stdexcept>
#include <string>

static std::wstring decode(const std::string &text, const std::locale &locale)
{
	using facet = std::codecvt<wchar_t, char, std::mbstate_t>;
	std::wstring out(text.size(), L'\0');
	std::mbstate_t state{};
	const char *from;
	wchar_t *to;

	if (std::use_facet<facet>(locale).in(state, text.data(), text.data() + text.size(), from,
					     out.data(), out.data() + out.size(),
					     to) != facet::ok)
		throw std::invalid_argument("not a text in " + locale.name());
	return out.substr(0, to - out.data());
}

int main(int argc, char **argv)
{
	std::locale locale("");

	for (int i = 1; i < argc; i++)
		try {
			size_t letters = 0;

			for (wchar_t c : decode(argv[i], locale))
				letters += std::isalpha(c, locale);
			if (letters == 0)
				throw std::domain_error("no letters in " + locale.name());
			std::cout << letters << " letters in " << locale.name() << "\n";
		} catch (const std::exception &e) {
			std::cout << "caught: " << e.what() << "\n";
		}
}
