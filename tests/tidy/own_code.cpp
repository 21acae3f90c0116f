// SPDX-License-Identifier: Apache-2.0
// A module for clang-tidy, loaded by contrib/tidy: the checks then look at the declarations of our
// sources and headers alone. Without it they also walk through all that was included of the
// standard library, whose findings clang-tidy does not show, and that is four fifths of the time.

#include <clang-tidy/ClangTidyCheck.h>
#include <clang-tidy/ClangTidyModule.h>
#include <clang-tidy/ClangTidyModuleRegistry.h>
#include <clang/AST/ASTContext.h>
#include <clang/ASTMatchers/ASTMatchFinder.h>
#include <vector>

namespace {

namespace matchers = clang::ast_matchers;

// Finds nothing itself. It is called with the translation unit, before what stands in it is
// visited.
class OwnCode : public clang::tidy::ClangTidyCheck {
public:
    using ClangTidyCheck::ClangTidyCheck;

    void registerMatchers(matchers::MatchFinder* finder) override {
        finder->addMatcher(matchers::translationUnitDecl(), this);
    }

    void check(const matchers::MatchFinder::MatchResult& result) override {
        std::vector<clang::Decl*> own;
        for (auto* declaration : result.Context->getTranslationUnitDecl()->decls()) {
            const auto place = declaration->getLocation();
            if (place.isValid() && !result.SourceManager->isInSystemHeader(place)) {
                own.push_back(declaration);
            }
        }
        result.Context->setTraversalScope(own);
    }
};

class OwnCodeModule : public clang::tidy::ClangTidyModule {
public:
    void addCheckFactories(clang::tidy::ClangTidyCheckFactories& factories) override {
        factories.registerCheck<OwnCode>("misc-own-code");
    }
};

const clang::tidy::ClangTidyModuleRegistry::Add<OwnCodeModule> kAdded("own-code",
                                                                      "Our code alone.");

}  // namespace
